#include "journal.h"

#include "seriesfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_MOST = 1 << 28 };

static const char journal_file[] = "commit";
static const char journal_path[] = ".charts/commit";

journal journal_begin(void) {
  return (journal){.puts = charts_list(), .removals = charts_list(), .views = charts_list()};
}

void journal_end(journal *plan) {
  charts_value_free(plan->puts);
  charts_value_free(plan->removals);
  charts_value_free(plan->views);
  *plan = (journal){0};
}

static void add_pair(charts_value *list, const char *first, const char *second) {
  charts_value *pair = charts_list();
  charts_list_add(pair, charts_text(first));
  charts_list_add(pair, charts_text(second));
  charts_list_add(list, pair);
}

void journal_add_put(journal *plan, const char *temporary, const char *file) {
  add_pair(plan->puts, temporary, file);
}

void journal_add_removal(journal *plan, const char *file, const char *stamp) {
  add_pair(plan->removals, file, stamp);
}

void journal_add_view(journal *plan, const char *id) {
  charts_list_add(plan->views, charts_text(id));
}

/* The record of a plan, which takes its lists over. */
static charts_value *record_of(journal *plan) {
  charts_value *record = charts_record();
  charts_record_set(record, "put", plan->puts);
  charts_record_set(record, "remove", plan->removals);
  charts_record_set(record, "views", plan->views);
  if (plan->has_next)
    charts_record_set(record, "next", charts_number(plan->next));
  *plan = (journal){0};
  return record;
}

/* The text of an item of a list, or "" where there is none. */
static const char *text_at(const charts_value *list, size_t place) {
  const char *text = charts_value_text(charts_value_at(list, place), NULL);
  return text != NULL ? text : "";
}

/* Somebody else may have written the journal of a shared directory: it names nothing but files that a put makes. */
static bool is_temporary(const char *name) {
  size_t length = strlen(name);
  return length > 4 && name[0] == '.' && strchr(name, '/') == NULL && strcmp(name + length - 4, ".tmp") == 0;
}

/* Gives a temporary its name, when that is new, or (`replacing`) in any case. *done is whether it was given. */
static charts_status rename_one(bool *done, const charts_value *pair, int folder, bool replacing, charts_error *error) {
  const char *temporary = text_at(pair, 0);
  const char *file = text_at(pair, 1);
  bool ours = is_temporary(temporary) && filename_is_series(file);
  *done = false;
  if (!ours)
    return CHARTS_OK;
  if (!replacing && (faccessat(folder, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT))
    return CHARTS_OK;
  *done = renameat(folder, temporary, folder, file) == 0;
  /* A temporary that is gone was renamed before the process was killed. */
  return *done || errno == ENOENT ? CHARTS_OK : error_system(error, errno, "cannot write", file);
}

/* New names need room in the folder: they come first, and are taken back when there is none for one of them. A name
 * that is there already needs none. */
static charts_status rename_all(const charts_value *pairs, int folder, charts_error *error) {
  size_t count = charts_value_count(pairs);
  bool *done = memory_new_zeroed(count, sizeof *done);
  charts_status status = done != NULL ? CHARTS_OK : error_memory(error);
  size_t tried = 0;
  for (; tried < count && status == CHARTS_OK; tried++)
    status = rename_one(&done[tried], charts_value_at(pairs, tried), folder, false, error);
  for (size_t i = 0; i < tried && status != CHARTS_OK; i++)
    if (done[i])
      (void)renameat(folder, text_at(charts_value_at(pairs, i), 1), folder, text_at(charts_value_at(pairs, i), 0));
  for (size_t i = 0; i < count && status == CHARTS_OK; i++)
    if (!done[i])
      status = rename_one(&done[i], charts_value_at(pairs, i), folder, true, error);
  free(done);
  return status;
}

static charts_status remove_series(const charts_value *pairs, int folder, charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < charts_value_count(pairs); i++) {
    const char *file = text_at(charts_value_at(pairs, i), 0);
    struct stat state;
    char stamp[64];
    if (!filename_is_series(file))
      continue;
    if (fstatat(folder, file, &state, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT)
        status = error_system(error, errno, "cannot remove", file);
      continue;
    }
    seriesfile_stamp(stamp, &state);
    if (strcmp(stamp, text_at(charts_value_at(pairs, i), 1)) == 0 && unlinkat(folder, file, 0) != 0 && errno != ENOENT)
      status = error_system(error, errno, "cannot remove", file);
  }
  return status;
}

static charts_status remove_views(const charts_value *ids, int folder, charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < charts_value_count(ids); i++) {
    char file[64];
    const char *id = text_at(ids, i);
    if (strlen(id) != 8 || strspn(id, "0123456789abcdef") != 8)
      continue;
    (void)snprintf(file, sizeof file, ".charts/views/%s.json", id);
    if (unlinkat(folder, file, 0) != 0 && errno != ENOENT)
      status = error_system(error, errno, "cannot remove", file);
  }
  return status;
}

/* Does what a plan says; doing a part of it again changes nothing. */
static charts_status carry_out(const charts_value *plan, int folder, const char *path, charts_error *error) {
  charts_status status = rename_all(charts_value_get(plan, "put"), folder, error);
  if (status != CHARTS_OK)
    return status;
  status = remove_series(charts_value_get(plan, "remove"), folder, error);
  if (status == CHARTS_OK)
    status = remove_views(charts_value_get(plan, "views"), folder, error);
  const charts_value *next = charts_value_get(plan, "next");
  if (charts_value_kind(next) == CHARTS_NUMBER)
    (void)storage_write_next(folder, path, charts_value_number(next), NULL); /* a hint: the data stand already */
  return status;
}

charts_status journal_commit(journal *plan, int folder, const char *path, charts_error *error) {
  buffer text = {0};
  charts_value *record = record_of(plan);
  value_write(&text, record);
  charts_status status = text.failed || value_failed(record) ? error_memory(error) : CHARTS_OK;
  bool several = charts_value_count(charts_value_get(record, "put")) > 1 ||
                 charts_value_count(charts_value_get(record, "remove")) > 0 ||
                 charts_value_count(charts_value_get(record, "views")) > 0;
  if (status == CHARTS_OK && several) /* one renaming alone is all or nothing by itself */
    status = storage_put(folder, "", journal_file, text.bytes, text.length, JOURNAL_MOST, path, error);
  buffer_free(&text);
  if (status == CHARTS_OK) {
    status = carry_out(record, folder, path, error);
    if (several && status == CHARTS_IO) /* what failed once in the middle may be done now: then all of it is */
      status = carry_out(record, folder, path, error);
    /* One that stays is carried out again by the next who locks the directory, which changes nothing. */
    if (several)
      (void)unlinkat(folder, journal_path, 0);
  }
  charts_value_free(record);
  return status;
}

/* Carries out the journal of a killed process. What is no journal goes: ours are whole, since they are renamed into
 * place. */
static charts_status finish(int folder, const char *path, charts_error *error) {
  buffer text = {0};
  charts_value *plan = NULL;
  charts_status status = storage_get(&text, folder, "", journal_file, JOURNAL_MOST, error);
  if (status == CHARTS_NOT_FOUND)
    return CHARTS_OK;
  if (status == CHARTS_OK)
    status = value_parse(&plan, text.bytes != NULL ? text.bytes : "", text.length, error);
  buffer_free(&text);
  if (status == CHARTS_OK)
    status = carry_out(plan, folder, path, error);
  charts_value_free(plan);
  if (status == CHARTS_FORMAT)
    status = CHARTS_OK;
  if (status == CHARTS_OK && unlinkat(folder, journal_path, 0) != 0 && errno != ENOENT)
    status = error_system(error, errno, "cannot remove", journal_path);
  return status;
}

charts_status journal_lock(storage_lock *lock, int folder, const char *path, charts_error *error) {
  charts_status status = storage_lock_take(lock, folder, path, error);
  if (status != CHARTS_OK)
    return status;
  status = finish(folder, path, error);
  if (status != CHARTS_OK)
    storage_lock_release(lock);
  return status;
}

void journal_share(storage_lock *lock, int folder, const char *path) {
  if (faccessat(folder, journal_path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
      journal_lock(lock, folder, path, NULL) == CHARTS_OK)
    storage_lock_release(lock);
  storage_lock_share(lock, folder);
}
