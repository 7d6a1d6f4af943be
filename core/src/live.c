#include "live.h"

#include "clock.h"
#include "json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct page {
  struct page *next;
  connection *link;
  char *path;
  char *segment;
  char *view;
  bool greeted;      /* has got its first message */
  char revision[32]; /* a change that came before: the first message tells its revision */
} page;

/* A tab that was opened and whose page has not come yet. */
typedef struct opening {
  uint64_t view; /* hash of segment and view */
  int64_t until;
} opening;

/* So long a page may take to come: a browser may have to start first. */
enum { OPENINGS = 64, OPENING_MS = 8000 };

struct live {
  pthread_mutex_t mutex;
  watch *watch;
  page *pages;
  int64_t touched;
  opening openings[OPENINGS];
};

/* ---- Messages ---- */

static void write_member(buffer *to, const char *key, const char *text) {
  buffer_add_format(to, "\"%s\":", key);
  json_write_text(to, text, strlen(text));
}

static void write_changes(buffer *to, const char *revision, const watch_change *changes, size_t count) {
  bool any = false;
  buffer_add_char(to, '{');
  write_member(to, "revision", revision);
  buffer_add_text(to, ",\"changes\":[");
  for (size_t i = 0; i < count; i++) {
    if (changes[i].kind == WATCH_SETTINGS)
      continue;
    buffer_add_text(to, any ? ",{" : "{");
    any = true;
    write_member(to, "file", changes[i].file);
    buffer_add_char(to, ',');
    write_member(to, "name", changes[i].name ? changes[i].name : "");
    buffer_add_char(to, ',');
    write_member(to, "change", watch_kind_name(changes[i].kind));
    buffer_add_char(to, '}');
  }
  buffer_add_text(to, "]}");
}

/* A message of one member, {"settings":…} or {"shown":…}. */
static void write_note(buffer *to, const char *key, const char *text) {
  buffer_add_char(to, '{');
  write_member(to, key, text);
  buffer_add_char(to, '}');
}

static void post(const page *to, const buffer *message) {
  if (message->failed) /* it must not miss anything: it comes again and is told the revision */
    connection_end(to->link);
  else
    connection_post(to->link, message->bytes, message->length);
}

/* Tells the pages of a directory. The mutex is held. */
static void tell_revision(live *opened, const char *path, const char *revision, const buffer *message) {
  for (page *one = opened->pages; one; one = one->next) {
    if (strcmp(one->path, path) != 0)
      continue;
    if (one->greeted)
      post(one, message);
    else
      strncpy(one->revision, revision, sizeof one->revision - 1);
  }
}

static void tell_settings(live *opened, const char *path, const watch_change *change) {
  buffer message = {0};
  write_note(&message, "settings", change->name);
  for (const page *one = opened->pages; one; one = one->next)
    if (one->greeted && strcmp(one->path, path) == 0)
      post(one, &message);
  buffer_free(&message);
}

static void changed(void *context, const char *path, const char *revision, const watch_change *changes, size_t count) {
  live *opened = context;
  buffer message = {0};
  size_t settings = 0;
  write_changes(&message, revision, changes, count);
  pthread_mutex_lock(&opened->mutex);
  for (size_t i = 0; i < count; i++)
    if (changes[i].kind == WATCH_SETTINGS) {
      settings++;
      tell_settings(opened, path, &changes[i]);
    }
  if (settings < count || count == 0)
    tell_revision(opened, path, revision, &message);
  pthread_mutex_unlock(&opened->mutex);
  buffer_free(&message);
}

/* ---- Openings ---- */

static uint64_t opening_hash(const char *segment, const char *view) {
  uint64_t parts[] = {hash_bytes(segment, strlen(segment)), hash_bytes(view, strlen(view))};
  return hash_bytes(parts, sizeof parts);
}

/* The opening of that view that is still awaited, or NULL. The mutex is held. */
static opening *opening_find(live *opened, const char *segment, const char *view) {
  uint64_t hash = opening_hash(segment, view);
  int64_t now = now_ms();
  for (size_t i = 0; i < OPENINGS; i++)
    if (opened->openings[i].view == hash && opened->openings[i].until > now)
      return &opened->openings[i];
  return NULL;
}

void live_opened(live *opened, const char *segment, const char *view) {
  pthread_mutex_lock(&opened->mutex);
  opening *place = &opened->openings[0];
  for (size_t i = 1; i < OPENINGS; i++)
    if (opened->openings[i].until < place->until)
      place = &opened->openings[i];
  *place = (opening){opening_hash(segment, view), now_ms() + OPENING_MS};
  opened->touched = now_ms();
  pthread_mutex_unlock(&opened->mutex);
}

/* ---- Pages ---- */

static void page_free(page *old) {
  free(old->path);
  free(old->segment);
  free(old->view);
  free(old);
}

static page *page_new(connection *link, const char *path, const char *segment, const char *view) {
  page *new = memory_new_zeroed(1, sizeof *new);
  if (!new)
    return NULL;
  new->link = link;
  new->path = memory_text(path, strlen(path));
  new->segment = memory_text(segment, strlen(segment));
  new->view = memory_text(view, strlen(view));
  if (new->path &&new->segment &&new->view)
    return new;
  page_free(new);
  return NULL;
}

/* Takes a page out of the list. */
static page *page_take(live *opened, const connection *link) {
  pthread_mutex_lock(&opened->mutex);
  page **at = &opened->pages;
  while (*at && (*at)->link != link)
    at = &(*at)->next;
  page *found = *at;
  if (found)
    *at = found->next;
  opened->touched = now_ms();
  pthread_mutex_unlock(&opened->mutex);
  return found;
}

charts_status live_enter(live *opened, connection *link, const char *path, const char *segment, const char *view,
                         charts_error *error) {
  char revision[32] = "";
  buffer message = {0};
  page *new = page_new(link, path, segment, view);
  if (!new)
    return error_memory(error);
  pthread_mutex_lock(&opened->mutex);
  new->next = opened->pages;
  opened->pages = new;
  opening *awaited = opening_find(opened, segment, view);
  if (awaited)
    *awaited = (opening){0};
  pthread_mutex_unlock(&opened->mutex);
  charts_status status = watch_enter(opened->watch, path, revision, error);
  if (status != CHARTS_OK) {
    page *taken = page_take(opened, link);
    if (taken)
      page_free(taken);
    return status;
  }
  pthread_mutex_lock(&opened->mutex);
  write_changes(&message, new->revision[0] ? new->revision : revision, NULL, 0);
  new->greeted = true;
  post(new, &message);
  pthread_mutex_unlock(&opened->mutex);
  buffer_free(&message);
  return CHARTS_OK;
}

void live_leave(live *opened, connection *link) {
  page *old = page_take(opened, link);
  if (!old)
    return;
  watch_leave(opened->watch, old->path);
  page_free(old);
}

size_t live_shown(live *opened, const char *segment, const char *view) {
  size_t count = 0;
  buffer message = {0};
  write_note(&message, "shown", view);
  pthread_mutex_lock(&opened->mutex);
  for (const page *one = opened->pages; one; one = one->next)
    if (one->greeted && strcmp(one->segment, segment) == 0 && strcmp(one->view, view) == 0) {
      post(one, &message);
      count++;
    }
  if (count == 0 && opening_find(opened, segment, view))
    count = 1; /* its page is on its way, and will load what is there then */
  opened->touched = now_ms();
  pthread_mutex_unlock(&opened->mutex);
  buffer_free(&message);
  return count;
}

void live_touch(live *opened) {
  pthread_mutex_lock(&opened->mutex);
  opened->touched = now_ms();
  pthread_mutex_unlock(&opened->mutex);
}

int64_t live_idle(live *opened) {
  pthread_mutex_lock(&opened->mutex);
  int64_t idle = opened->pages ? 0 : now_ms() - opened->touched;
  pthread_mutex_unlock(&opened->mutex);
  return idle;
}

watch *live_watch(live *opened) {
  return opened->watch;
}

charts_status live_open(live **opened, charts_error *error) {
  *opened = NULL;
  live *new = memory_new_zeroed(1, sizeof *new);
  if (!new)
    return error_memory(error);
  pthread_mutex_init(&new->mutex, NULL);
  new->touched = now_ms();
  charts_status status = watch_open(&new->watch, changed, new, error);
  if (status != CHARTS_OK) {
    free(new);
    return status;
  }
  *opened = new;
  return CHARTS_OK;
}

void live_close(live *opened, bool forked) {
  if (!opened)
    return;
  watch_close(opened->watch, forked);
  while (opened->pages && !forked) {
    page *one = opened->pages;
    opened->pages = one->next;
    page_free(one);
  }
  if (!forked)
    pthread_mutex_destroy(&opened->mutex);
  free(opened);
}
