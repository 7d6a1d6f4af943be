#include "watch.h"

#include "beneath.h"
#include "cache.h"
#include "clock.h"
#include "remote.h"
#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  QUIET_MS = 6,     /* so long nothing must happen before a change is told … */
  PATIENCE_MS = 40, /* … but it is told after so long anyway, … */
  LOCKED_MS =
      1000, /* … and after so long even while a call holds the directory's lock (a purge is told as one change) */
  POLL_MS = 250,
  LOOK_MS = 2000, /* so often it is looked without any event: a folder above may have been renamed, a file written by
                     another of its names or through a mapping, or one that could not be read may be readable again */
  PARTS = 5,
  CACHED = 64 /* directories whose listing is kept without being followed */
};

typedef struct folder {
  struct folder *next;
  char *path;
  /* under the watch's mutex */
  size_t users;        /* threads that work with it */
  size_t followers;    /* calls of watch_enter */
  bool watched;        /* the watch thread has something of it */
  int64_t dirty_since; /* 0: clean */
  int64_t dirty_last;
  /* of the watch thread alone: it waits for no other thread where a file system hangs */
  int descriptors[PARTS]; /* inotify, of the parts below; -1: none */
  bool polled;            /* the next look comes soon */
  int64_t looked;         /* when it was last looked at */
  int64_t postponed;      /* not before */
  /* under its own */
  pthread_mutex_t mutex;
  directory_listing listing;
  bool told_valid;
  snapshot told;
  char revision[32];
} folder;

struct watch {
  pthread_mutex_t mutex;
  pthread_t thread;
  watch_changed changed;
  void *context;
  folder *folders;
  int wake;
  bool stopping;
  /* of the watch thread alone */
  int inotify; /* -1: none, or none left for this user: tried again at every look */
  bool poll_all;
};

/* ---- Folders ---- */

static void folder_free(folder *old) {
  directory_listing_free(&old->listing);
  snapshot_free(&old->told);
  pthread_mutex_destroy(&old->mutex);
  free(old->path);
  free(old);
}

/* Forgets listings that nobody follows or uses, beyond the newest ones. The mutex is held. */
static void folders_trim(watch *opened) {
  size_t kept = 0;
  for (folder **link = &opened->folders; *link;) {
    folder *one = *link;
    if (one->users == 0 && one->followers == 0 && !one->watched && ++kept > CACHED) {
      *link = one->next;
      folder_free(one);
    } else {
      link = &one->next;
    }
  }
}

/* Finds or makes the folder of a path, and holds it until folder_release. NULL when memory is out. */
static folder *folder_hold(watch *opened, const char *path) {
  pthread_mutex_lock(&opened->mutex);
  folder **link = &opened->folders;
  while (*link && strcmp((*link)->path, path) != 0)
    link = &(*link)->next;
  folder *found = *link;
  if (found) {
    *link = found->next;
  } else if ((found = memory_new_zeroed(1, sizeof *found)) && !(found->path = memory_text(path, strlen(path)))) {
    free(found);
    found = NULL;
  } else if (found) {
    memset(found->descriptors, -1, sizeof found->descriptors);
    pthread_mutex_init(&found->mutex, NULL);
  }
  if (found) {
    found->users++;
    found->next = opened->folders;
    opened->folders = found;
    folders_trim(opened);
  }
  pthread_mutex_unlock(&opened->mutex);
  return found;
}

static void folder_release(watch *opened, folder *held) {
  pthread_mutex_lock(&opened->mutex);
  held->users--;
  pthread_mutex_unlock(&opened->mutex);
}

/* Lists anew. The folder's mutex is held; *from is the caller's when it succeeds. */
static charts_status folder_list(folder *held, directory **from, charts_error *error) {
  charts_status status = directory_open_real(from, held->path, error);
  if (status != CHARTS_OK)
    return status;
  directory_listing listing = {0};
  status = directory_list(&listing, *from, &held->listing, error);
  directory_listing_free(&held->listing);
  held->listing = listing;
  if (status != CHARTS_OK) {
    directory_listing_free(&held->listing);
    held->listing = (directory_listing){0};
    directory_close(*from);
  }
  return status;
}

charts_status watch_list(watch *opened, const char *path, watch_visit visit, void *context, charts_error *error) {
  folder *held = folder_hold(opened, path);
  if (!held)
    return error_memory(error);
  directory *from = NULL;
  pthread_mutex_lock(&held->mutex);
  charts_status status = folder_list(held, &from, error);
  if (status == CHARTS_OK) {
    snapshot_doubt(&held->told, &held->listing);
    visit(context, &held->listing);
    directory_close(from);
  }
  pthread_mutex_unlock(&held->mutex);
  folder_release(opened, held);
  return status;
}

/* ---- Inotify: on the watch thread ---- */

/* Ends an inotify watch, unless another folder's path leads to the same place and goes on to need it. */
static void part_unwatch(watch *opened, folder *of, size_t part) {
  int old = of->descriptors[part];
  bool shared = false;
  of->descriptors[part] = -1;
  pthread_mutex_lock(&opened->mutex);
  for (const folder *one = opened->folders; one; one = one->next)
    for (size_t i = 0; i < PARTS; i++)
      shared = shared || one->descriptors[i] == old;
  pthread_mutex_unlock(&opened->mutex);
  if (old >= 0 && !shared)
    (void)inotify_rm_watch(opened->inotify, old);
}

static void folder_unwatch(watch *opened, folder *of) {
  for (size_t i = 0; i < PARTS; i++)
    part_unwatch(opened, of, i);
}

/* The parts of a folder: it, and where its settings are; then where they are in the user's cache, if he has them there.
 */
static const char *const part_name[PARTS] = {".", ".charts", ".charts/settings", ".charts", ".charts/settings"};
static const uint32_t part_events[PARTS] = {IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM |
                                                IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF,
                                            IN_CREATE | IN_MOVED_TO, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE,
                                            IN_CREATE | IN_MOVED_TO, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE};
enum { OWN_PARTS = 3 }; /* the first of them */

/* Watches the very folder that a part is now, which no link can be: what is watched already is found again, what is not
 * there any more is left. False when there is something that cannot be watched. */
static bool part_watch(watch *opened, folder *of, size_t part, int place) {
  char path[32];
  int entered = place < 0 ? -1 : beneath_folder(place, part_name[part]);
  bool absent = place < 0 || (entered < 0 && (errno == ENOENT || beneath_is_odd(errno)));
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", entered);
  int found = entered < 0 ? -1 : inotify_add_watch(opened->inotify, path, part_events[part] | IN_ONLYDIR);
  if (entered >= 0)
    (void)close(entered);
  if (found != of->descriptors[part]) {
    part_unwatch(opened, of, part);
    of->descriptors[part] = found;
  }
  return found >= 0 || absent;
}

/* Watches all parts. False when there is something that cannot be watched. */
static bool parts_watch(watch *opened, folder *of) {
  bool whole = true;
  int place = beneath_place(of->path);
  int own = place >= 0 && cache_needed(place) ? cache_open(of->path, false) : -1;
  for (size_t i = 0; whole && i < PARTS; i++)
    whole = part_watch(opened, of, i, i < OWN_PARTS ? place : own);
  if (own >= 0)
    (void)close(own);
  if (place >= 0)
    (void)close(place);
  return whole;
}

/* Follows a folder by inotify where that can see it, else by polling. */
static void folder_watch(watch *opened, folder *of) {
  bool visible = !opened->poll_all && !remote_path(of->path);
  if (visible && opened->inotify < 0)
    opened->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  visible = visible && opened->inotify >= 0;
  if (!visible)
    folder_unwatch(opened, of);
  visible = visible && parts_watch(opened, of);
  of->polled = !visible || of->descriptors[0] < 0;
}

/* ---- Following ---- */

static void thread_wake(const watch *opened) {
  uint64_t one = 1;
  ssize_t written = write(opened->wake, &one, sizeof one);
  (void)written;
}

/* Something happened at `when`. The mutex of the watch is held. */
static void mark_dirty(folder *of, int64_t when) {
  of->dirty_last = when;
  if (!of->dirty_since)
    of->dirty_since = when;
}

charts_status watch_enter(watch *opened, const char *path, char revision[32], charts_error *error) {
  folder *held = folder_hold(opened, path);
  if (!held)
    return error_memory(error);
  pthread_mutex_lock(&opened->mutex);
  if (held->followers++ == 0) /* what happened before the thread watches it is found by a look */
    mark_dirty(held, now_ms() - PATIENCE_MS);
  thread_wake(opened);
  pthread_mutex_unlock(&opened->mutex);
  charts_status status = CHARTS_OK;
  directory *from = NULL;
  pthread_mutex_lock(&held->mutex);
  if (!held->told_valid && (status = folder_list(held, &from, error)) == CHARTS_OK) {
    held->told_valid = snapshot_take(&held->told, &held->listing, from);
    memcpy(held->revision, held->listing.revision, sizeof held->revision);
    directory_close(from);
    if (!held->told_valid)
      status = error_memory(error);
  }
  memcpy(revision, held->revision, sizeof held->revision);
  pthread_mutex_unlock(&held->mutex);
  if (status != CHARTS_OK)
    watch_leave(opened, path);
  folder_release(opened, held);
  return status;
}

void watch_leave(watch *opened, const char *path) {
  folder *held = folder_hold(opened, path);
  if (!held)
    return;
  pthread_mutex_lock(&held->mutex); /* who enters meanwhile needs what was told */
  pthread_mutex_lock(&opened->mutex);
  bool last = held->followers && --held->followers == 0;
  thread_wake(opened);
  pthread_mutex_unlock(&opened->mutex);
  if (last) {
    snapshot_free(&held->told);
    held->told_valid = false;
  }
  pthread_mutex_unlock(&held->mutex);
  folder_release(opened, held);
}

/* Compares with what was told, and tells. False when the directory could not be listed: it must be looked at again. */
static bool folder_tell(const watch *opened, folder *held) {
  charts_error error;
  directory *from = NULL;
  snapshot now = {0};
  watch_change *changes = NULL;
  size_t count = 0;
  bool differs = false;
  pthread_mutex_lock(&held->mutex);
  bool wanted = held->told_valid;
  charts_status status = wanted ? folder_list(held, &from, &error) : CHARTS_CLOSED;
  bool taken = status == CHARTS_NOT_FOUND; /* the directory is gone: all its series are */
  if (status == CHARTS_OK) {
    taken = snapshot_take(&now, &held->listing, from);
    directory_close(from);
  }
  snapshot was = held->told;
  if (taken && (changes = snapshot_compare(&was, &now, &count, &differs))) {
    held->told = now;
    snprintf(held->revision, sizeof held->revision, "%s", status == CHARTS_OK ? held->listing.revision : "gone");
  } else {
    was = now;
  }
  /* Under the mutex: the texts of the changes are the snapshot's, which goes with the last page. */
  if (changes && differs)
    opened->changed(opened->context, held->path, held->revision, changes, count);
  pthread_mutex_unlock(&held->mutex);
  bool compared = changes != NULL;
  free(changes);
  snapshot_free(&was);
  return compared || !wanted;
}

/* ---- Thread ---- */

/* Marks what an event concerns. The mutex is held. */
static void mark_event(watch *opened, const struct inotify_event *event, int64_t now) {
  for (folder *one = opened->folders; one; one = one->next) {
    bool concerned = (event->mask & IN_Q_OVERFLOW) != 0;
    for (size_t i = 0; i < PARTS; i++) {
      if (event->wd < 0 || one->descriptors[i] != event->wd)
        continue;
      if (event->mask & IN_IGNORED)
        one->descriptors[i] = -1;
      concerned = concerned || i > 0 || event->len == 0 || event->name[0] != '.' || strcmp(event->name, ".charts") == 0;
    }
    if (concerned && one->followers)
      mark_dirty(one, now);
  }
}

static void read_events(watch *opened) {
  _Alignas(struct inotify_event) char events[4096];
  int64_t now = now_ms();
  for (;;) {
    ssize_t length = read(opened->inotify, events, sizeof events);
    if (length <= 0)
      return;
    pthread_mutex_lock(&opened->mutex);
    for (ssize_t at = 0; at < length;) {
      const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);
      mark_event(opened, event, now);
      at += (ssize_t)(sizeof *event + event->len);
    }
    pthread_mutex_unlock(&opened->mutex);
  }
}

/* Whether a call of some process adds or removes series right now. */
static bool directory_locked(const char *path) {
  int place = beneath_place(path);
  int descriptor = place < 0 ? -1 : beneath_file(place, ".charts/lock", O_RDONLY, NULL);
  if (place >= 0)
    close(place);
  if (descriptor < 0)
    return false;
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1}; /* byte 0: FORMAT.md, section 1 */
  bool locked = fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(descriptor);
  return locked;
}

/* When a folder is to be looked at next, in the time of now_ms. The mutex is held. */
static int64_t next_look(const folder *of) {
  if (!of->followers)
    return of->watched ? 0 : INT64_MAX;
  if (!of->dirty_since)
    return of->looked + (of->polled ? POLL_MS : LOOK_MS);
  int64_t quiet = of->dirty_last + QUIET_MS;
  int64_t patient = of->dirty_since + PATIENCE_MS;
  int64_t at = quiet < patient ? quiet : patient;
  return at > of->postponed ? at : of->postponed;
}

/* The next folder to look at now, held; *wait gets the milliseconds until another may be due (-1: none). */
static folder *next_due(watch *opened, int *wait) {
  folder *due = NULL;
  int64_t now = now_ms();
  int64_t next = INT64_MAX;
  pthread_mutex_lock(&opened->mutex);
  for (folder *one = opened->folders; one; one = one->next) {
    int64_t at = next_look(one);
    if (at < next) { /* who waits longest comes first: a listing may take longer than the pause to the next one */
      next = at;
      due = at <= now ? one : NULL;
    }
  }
  if (due)
    due->users++;
  pthread_mutex_unlock(&opened->mutex);
  *wait = next == INT64_MAX ? -1 : (int)(next - now);
  return due;
}

/* Looks at a folder that is due, and tells what happened. */
static void folder_look(watch *opened, folder *due) {
  int64_t now = now_ms();
  pthread_mutex_lock(&opened->mutex);
  int64_t since = due->dirty_since;
  due->watched = due->followers > 0;
  bool followed = due->watched;
  pthread_mutex_unlock(&opened->mutex);
  if (!followed) {
    folder_unwatch(opened, due);
    return;
  }
  if (since && now < since + LOCKED_MS && directory_locked(due->path)) {
    due->postponed = now + QUIET_MS;
    return;
  }
  pthread_mutex_lock(&opened->mutex);
  due->dirty_since = 0;
  pthread_mutex_unlock(&opened->mutex);
  due->looked = now;
  folder_watch(opened, due); /* before it is listed: what happens from then on is seen */
  if (!folder_tell(opened, due))
    due->polled = true;
}

static bool stopping(watch *opened) {
  pthread_mutex_lock(&opened->mutex);
  bool stop = opened->stopping;
  pthread_mutex_unlock(&opened->mutex);
  return stop;
}

static void *watch_run(void *argument) {
  watch *opened = argument;
  while (!stopping(opened)) {
    int wait;
    folder *due = next_due(opened, &wait);
    if (due) {
      folder_look(opened, due);
      folder_release(opened, due);
      continue;
    }
    struct pollfd waiting[] = {{.fd = opened->wake, .events = POLLIN}, {.fd = opened->inotify, .events = POLLIN}};
    if (poll(waiting, 2, wait) <= 0)
      continue;
    if (waiting[0].revents) {
      uint64_t count;
      ssize_t got = read(opened->wake, &count, sizeof count);
      (void)got;
    }
    if (waiting[1].revents)
      read_events(opened);
  }
  return NULL;
}

charts_status watch_open(watch **opened, watch_changed changed, void *context, charts_error *error) {
  *opened = NULL;
  watch *new = memory_new_zeroed(1, sizeof *new);
  if (!new)
    return error_memory(error);
  const char *way = getenv("CHARTS_WATCH");
  new->changed = changed;
  new->context = context;
  new->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  new->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  new->poll_all = way != NULL &&strcmp(way, "poll") == 0;
  pthread_mutex_init(&new->mutex, NULL);
  if (new->wake < 0 || !worker_start(&new->thread, watch_run, new)) {
    watch_close(new, true);
    return error_set(error, CHARTS_SERVER, "cannot start the thread that watches directories");
  }
  *opened = new;
  return CHARTS_OK;
}

void watch_close(watch *opened, bool forked) {
  if (!opened)
    return;
  if (!forked) {
    pthread_mutex_lock(&opened->mutex);
    opened->stopping = true;
    thread_wake(opened);
    pthread_mutex_unlock(&opened->mutex);
    pthread_join(opened->thread, NULL);
    while (opened->folders) {
      folder *one = opened->folders;
      opened->folders = one->next;
      folder_free(one);
    }
  }
  if (opened->inotify >= 0)
    close(opened->inotify);
  if (opened->wake >= 0)
    close(opened->wake);
  free(opened);
}
