#include "journal.h"

#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_MOST = 1 << 28 };

static const char journal_file[] = "commit";

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

void journal_stamp(char *stamp, const struct stat *status) {
  (void)snprintf(stamp, 64, "%jd-%jd.%09ld", (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec,
                 status->st_mtim.tv_nsec);
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

/* Gives a temporary its name, when that is new, or (`replacing`) in any case. *done is whether it was given. */
static charts_status rename_one(bool *done, const charts_value *pair, int folder, bool replacing, charts_error *error) {
  const char *temporary = text_at(pair, 0);
  const char *file = text_at(pair, 1);
  /* Somebody else may have written the journal of a shared directory: it names nothing but files that a put makes. */
  bool ours = storage_is_temporary(temporary) && filename_is_series(file);
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
    journal_stamp(stamp, &state);
    if (strcmp(stamp, text_at(charts_value_at(pairs, i), 1)) == 0 && unlinkat(folder, file, 0) != 0 && errno != ENOENT)
      status = error_system(error, errno, "cannot remove", file);
  }
  return status;
}

/* With `sync` the names are gone from the disk before the journal is: else a power cut could bring a view back that
 * nobody removes any more. */
static charts_status remove_views(const charts_value *ids, int folder, bool sync, charts_error *error) {
  charts_status status = CHARTS_OK;
  if (charts_value_count(ids) == 0)
    return CHARTS_OK;
  for (size_t i = 0; i < charts_value_count(ids); i++) {
    char file[64];
    const char *id = text_at(ids, i);
    if (strlen(id) != 8 || strspn(id, "0123456789abcdef") != 8)
      continue;
    (void)snprintf(file, sizeof file, "%s.json", id);
    charts_status removed = storage_remove(folder, "views", file, error);
    status = removed != CHARTS_OK ? removed : status;
  }
  if (status != CHARTS_OK || !sync)
    return status;
  status = storage_sync_own(folder, "views", error);
  return status == CHARTS_NOT_FOUND ? CHARTS_OK : status;
}

/* Does what a plan says; doing a part of it again changes nothing. */
static charts_status carry_out(const charts_value *plan, int folder, bool sync, const char *path, charts_error *error) {
  charts_status status = rename_all(charts_value_get(plan, "put"), folder, error);
  if (status != CHARTS_OK)
    return status;
  status = remove_series(charts_value_get(plan, "remove"), folder, error);
  if (status == CHARTS_OK)
    status = remove_views(charts_value_get(plan, "views"), folder, sync, error);
  const charts_value *next = charts_value_get(plan, "next");
  if (charts_value_kind(next) == CHARTS_NUMBER)
    (void)storage_write_next(folder, path, charts_value_number(next), sync, NULL); /* a hint: the data stand already */
  return status == CHARTS_OK && sync ? storage_sync_names(folder, path, error) : status;
}

/* Removes a journal that is carried out; what failed once may be done now. One that stays is carried out again by the
 * next who locks the directory, which changes nothing. */
static charts_status forget(int folder, bool sync, charts_error *error) {
  bool gone = false;
  for (int tries = 0; tries < 2 && !gone; tries++)
    gone = storage_remove(folder, "", journal_file, NULL) == CHARTS_OK;
  return gone && sync ? storage_sync_own(folder, "", error) : CHARTS_OK;
}

/* With `sync` the temporaries have their names on the disk before the journal that counts on them, the journal before
 * what it says is done, and that before the journal goes. */
static charts_status commit_several(const charts_value *record, const buffer *text, bool sync, int folder,
                                    const char *path, charts_error *error) {
  charts_status status = sync ? storage_sync_names(folder, path, error) : CHARTS_OK;
  if (status == CHARTS_OK)
    status = storage_put(folder, "", journal_file, text->bytes, text->length, JOURNAL_MOST, sync, path, error);
  if (status != CHARTS_OK) { /* its name may stand all the same */
    (void)!forget(folder, false, NULL);
    return status;
  }
  status = carry_out(record, folder, sync, path, error);
  if (status == CHARTS_IO) /* what failed once in the middle may be done now: then all of it is */
    status = carry_out(record, folder, sync, path, error);
  charts_status gone = forget(folder, sync, status == CHARTS_OK ? error : NULL);
  return status == CHARTS_OK ? gone : status;
}

charts_status journal_commit(journal *plan, int folder, const char *path, charts_error *error) {
  buffer text = {0};
  bool sync = plan->sync;
  charts_value *record = record_of(plan);
  value_write(&text, record);
  charts_status status = text.failed || value_failed(record) ? error_memory(error) : CHARTS_OK;
  bool several = charts_value_count(charts_value_get(record, "put")) > 1 ||
                 charts_value_count(charts_value_get(record, "remove")) > 0 ||
                 charts_value_count(charts_value_get(record, "views")) > 0;
  if (status == CHARTS_OK && several)
    status = commit_several(record, &text, sync, folder, path, error);
  else if (status == CHARTS_OK) /* one renaming alone is all or nothing by itself */
    status = carry_out(record, folder, sync, path, error);
  buffer_free(&text);
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
    status = carry_out(plan, folder, true, path, error); /* it may have been one that survives a power cut */
  charts_value_free(plan);
  if (status == CHARTS_FORMAT)
    status = CHARTS_OK;
  return status == CHARTS_OK ? forget(folder, true, error) : status;
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
