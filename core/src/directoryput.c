/* Adding and removing the series of a chart directory; declared in directory.h. */
#include "directory.h"

#include "filebytes.h"
#include "journal.h"
#include "pyramidstore.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What is there ---- */

/* What is known of a series file, and of which state of it. */
typedef struct looked {
  char stamp[64]; /* empty: there is no file, or one that cannot be told */
  series_head head;
  bool there; /* it is a series */
} looked;

static void stamp_of(char stamp[64], const directory *opened, const char *file) {
  struct stat status;
  stamp[0] = '\0';
  if (fstatat(directory_descriptor(opened), file, &status, AT_SYMLINK_NOFOLLOW) == 0)
    seriesfile_stamp(stamp, &status);
}

static void looked_free(looked *of) {
  if (of->there)
    series_head_free(&of->head);
  *of = (looked){.there = false};
}

/* Reads the head of a file. Errors: those of the reading, but not what is wrong with the file. */
static charts_status look_at(looked *at, const directory *opened, const char *file, charts_error *error) {
  int descriptor = -1;
  struct stat state;
  looked_free(at);
  charts_status status = directory_open_series(&descriptor, &state, opened, file, error);
  if (status == CHARTS_OK) {
    seriesfile_stamp(at->stamp, &state);
    status = seriesfile_head(&at->head, descriptor, file, error);
    (void)close(descriptor);
  }
  at->there = status == CHARTS_OK;
  return status == CHARTS_NOT_FOUND || status == CHARTS_FORMAT ? CHARTS_OK : status;
}

/* Looks again, under the lock, where the file is not the one any more that was looked at before. The head of one that
 * stayed may have taken long to read. */
static charts_status look_again(looked *at, const directory *opened, const char *file, charts_error *error) {
  char now[64];
  stamp_of(now, opened, file);
  return strcmp(now, at->stamp) == 0 ? CHARTS_OK : look_at(at, opened, file, error);
}

/* Lists under the lock. Files that take long to read are read while others may have it: what was known of the directory
 * before may have changed then. `list` says who may end it, NULL: nobody. Where it fails the lock may be lost. */
static charts_status list_held(directory_listing *listing, const directory *opened, storage_lock *lock,
                               const series_list *list, charts_error *error) {
  enum { ATTEMPTS = 4 };
  directory_listing known = {0};
  charts_status status = CHARTS_LIMIT;
  for (int attempt = 1; status == CHARTS_LIMIT; attempt++) {
    status = directory_list_locked(listing, opened, &known, attempt < ATTEMPTS, error);
    if (status != CHARTS_LIMIT)
      break;
    storage_lock_release(lock);
    if (list != NULL)
      worker_stop_when(list->poll, list->poll_context);
    charts_status read = directory_list(&known, opened, NULL, error);
    worker_stop_when(NULL, NULL);
    if (read == CHARTS_OK)
      read = journal_lock(lock, directory_descriptor(opened), directory_path(opened), error);
    status = read == CHARTS_OK ? CHARTS_LIMIT : read;
  }
  directory_listing_free(&known);
  return status;
}

/* ---- Removing ---- */

static bool holds_series(const looked *at, const char *name) {
  return at->there && (at->head.name == NULL || strcmp(at->head.name, name) == 0);
}

/* A file that cannot be read is not the one: a listing tells. */
static charts_status forgive(charts_status status) {
  return status == CHARTS_IO ? CHARTS_OK : status;
}

/* The file of a series, `at` being what is known of the one that its name encodes; without a listing of the whole
 * directory where that is it. */
static charts_status find_file(char file[FILE_NAME_ROOM], looked *at, const directory *opened, const char *name,
                               storage_lock *lock, charts_error *error) {
  directory_listing listing;
  charts_status status = forgive(look_again(at, opened, file, error));
  if (status != CHARTS_OK || holds_series(at, name))
    return status;
  status = list_held(&listing, opened, lock, NULL, error);
  const directory_entry *entry = status == CHARTS_OK ? directory_find_name(&listing, name) : NULL;
  if (entry != NULL)
    (void)snprintf(file, FILE_NAME_ROOM, "%s", entry->file);
  else if (status == CHARTS_OK)
    status = error_set(error, CHARTS_NOT_FOUND, "name: there is no series %s in %s", name, directory_path(opened));
  directory_listing_free(&listing);
  return status;
}

charts_status directory_remove(const directory *opened, const char *name, charts_error *error) {
  char file[FILE_NAME_ROOM];
  looked at = {.there = false};
  storage_lock lock;
  directory_file_name(file, name, strlen(name));
  charts_status status = forgive(look_at(&at, opened, file, error));
  if (status == CHARTS_OK)
    status = journal_lock(&lock, directory_descriptor(opened), directory_path(opened), error);
  if (status != CHARTS_OK) {
    looked_free(&at);
    return status;
  }
  status = find_file(file, &at, opened, name, &lock, error);
  if (status == CHARTS_OK && unlinkat(directory_descriptor(opened), file, 0) != 0)
    status = error_system(error, errno, "cannot remove", file);
  else if (status == CHARTS_OK)
    pyramidstore_remove(directory_own(opened), file);
  if (status == CHARTS_OK && directory_syncs(opened))
    status = storage_sync_names(directory_descriptor(opened), directory_path(opened), error);
  storage_lock_release(&lock);
  looked_free(&at);
  return status;
}

/* ---- Putting ---- */

/* One series on its way into the directory. */
typedef struct placing {
  char file[FILE_NAME_ROOM];
  char temporary[FILE_NAME_ROOM];
  double index;
  bool display;
  looked before; /* what it replaces */
  pyramidstore_new pyramid;
  pyramid_stamp stamp; /* of the temporary */
} placing;

/* Where a series is written, and who may stop it. */
typedef struct writing {
  int file;
  const series_list *list;
  const char *name; /* of the series */
  const char *file_name;
} writing;

static charts_status write_temporary(void *context, const char *bytes, size_t length, charts_error *error) {
  const writing *to = context;
  if (to->list->poll != NULL && to->list->poll(to->list->poll_context))
    return error_set(error, CHARTS_INTERRUPTED, "the call was interrupted; nothing was changed");
  return filebytes_add(to->file, to->file_name, bytes, length, error);
}

static void note_progress(void *context, uint64_t rows, uint64_t of) {
  const writing *to = context;
  series_list_progress(to->list, to->name, rows, of);
}

/* Begins the pyramid of a series that is written; NULL where it gets none. */
static pyramid_builder *begin_pyramid(const directory *opened, const series *from, placing *into, int *file) {
  *file = -1;
  bool counted = from->reader == NULL;
  if (pyramid_leaf_rows(from->kind) == 0 || (counted && !pyramid_pays(from->kind, from->count)))
    return NULL;
  *file = pyramidstore_create(&into->pyramid, directory_own(opened));
  return *file >= 0 ? pyramid_begin(*file, from->kind) : NULL;
}

static void end_pyramid(const directory *opened, placing *into, pyramid_builder *builder, int file,
                        const pyramid_state *state, bool written) {
  bool kept =
      builder != NULL && written && pyramid_pays(state->kind, state->totals.count) && pyramid_finish(builder, state);
  pyramid_builder_free(builder);
  if (file >= 0)
    (void)close(file);
  if (!kept)
    pyramidstore_discard(&into->pyramid, directory_own(opened));
}

/* Takes the stamp of a temporary that is written; the renaming changes nothing of it but the time of the last change.
 */
static charts_status settle(placing *into, int file, charts_error *error) {
  struct stat status;
  bool settled = storage_settle(file);
  if (fstat(file, &status) != 0)
    return error_system(error, errno, "cannot write", into->file);
  into->stamp = pyramid_stamp_of(&status, settled);
  return CHARTS_OK;
}

static charts_status write_series(const directory *opened, const series_list *list, size_t place, placing *into,
                                  charts_error *error) {
  const series *from = &list->items[place];
  writing to = {.file = -1, .list = list, .name = from->name, .file_name = into->file};
  charts_status status =
      storage_temporary(&to.file, into->temporary, directory_descriptor(opened), directory_path(opened), error);
  if (status != CHARTS_OK)
    return status;
  int pyramid_file = -1;
  pyramid_state state = {0};
  pyramid_builder *builder = begin_pyramid(opened, from, into, &pyramid_file);
  series_output output = {.write = write_temporary, .progress = note_progress, .context = &to, .pyramid = builder};
  status = seriesfile_write(from, into->display, into->index, &output, &state, error);
  if (status == CHARTS_OK)
    status = settle(into, to.file, error);
  end_pyramid(opened, into, builder, pyramid_file, &state, status == CHARTS_OK);
  return storage_close(to.file, directory_syncs(opened), status, into->file, error);
}

/* Gives the pyramids their places, now that the series have theirs. */
static void commit_pyramids(const directory *opened, placing *places, size_t count) {
  int folder = directory_descriptor(opened);
  for (size_t i = 0; i < count; i++) {
    placing *of = &places[i];
    struct stat status;
    if (!of->pyramid.made) {
      pyramidstore_remove(directory_own(opened), of->file); /* that of the series before it */
      continue;
    }
    bool there = fstatat(folder, of->file, &status, AT_SYMLINK_NOFOLLOW) == 0;
    pyramid_stamp stamp = there ? pyramid_stamp_of(&status, of->stamp.settled) : (pyramid_stamp){0};
    if (there && stamp.size == of->stamp.size && stamp.inode == of->stamp.inode && stamp.modified == of->stamp.modified)
      (void)pyramidstore_commit(&of->pyramid, directory_own(opened), of->file, &stamp);
    else
      pyramidstore_discard(&of->pyramid, directory_own(opened));
  }
}

/* Others may give any index; from here on `.charts/next` does not hold it, and doubles soon do not count on by one. */
static const double INDEX_MOST = 1e15;

/* The index after the highest one in use. */
static charts_status scan_next(const directory *opened, storage_lock *lock, const series_list *list, double *next,
                               charts_error *error) {
  directory_listing listing;
  charts_status status = list_held(&listing, opened, lock, list, error);
  if (status == CHARTS_OK &&
      storage_read_next(directory_descriptor(opened), next)) { /* another put was here meanwhile */
    directory_listing_free(&listing);
    return CHARTS_OK;
  }
  *next = 0;
  for (size_t i = 0; status == CHARTS_OK && i < listing.count; i++) {
    const directory_entry *entry = &listing.entries[i];
    bool counts = entry->reason == NULL && entry->head.has_index && entry->head.index < INDEX_MOST;
    if (counts && entry->head.index >= *next)
      *next = floor(entry->head.index) + 1;
  }
  directory_listing_free(&listing);
  return status;
}

/* A directory under the name of a series' file would fail the renaming when others are renamed already. */
static charts_status check_place(const directory *opened, const placing *into, const char *name, charts_error *error) {
  struct stat status;
  if (fstatat(directory_descriptor(opened), into->file, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
    return CHARTS_OK;
  return error_set(error, CHARTS_REFUSED, "series %s: %s/%s is a directory", name, directory_path(opened), into->file);
}

/* Gives a series its file, index and display. `next` goes on from what it was. */
static charts_status place_one(const directory *opened, const series *from, placing *into, bool anew, double *next,
                               directory_report *report, charts_error *error) {
  const series_head *head = &into->before.head;
  charts_status status = check_place(opened, into, from->name, error);
  if (status == CHARTS_OK && !anew)
    status = look_again(&into->before, opened, into->file, error);
  if (status != CHARTS_OK)
    return status;
  bool there = into->before.there;
  if (!there && !from->display_given)
    report->added++;
  into->display = from->display_given ? from->display : there ? head->display : report->shown < SHOWN_AT_ONCE;
  if (!there && !from->display_given && into->display)
    report->shown++;
  if (from->index_given)
    into->index = from->index;
  else
    into->index = there && head->has_index ? head->index : (*next)++;
  looked_free(&into->before);
  return CHARTS_OK;
}

/* The next index as a put found it and as it leaves it. */
typedef struct claim {
  double before;
  double after;
} claim;

/* Places all series, and claims their indices so that no other put gives them again. A purge begins at 0 and claims
 * nothing: until it is committed, the others count on. */
static charts_status place_all(const directory *opened, const series_list *list, placing *places, bool purge,
                               claim *indices, storage_lock *temporaries, directory_report *report,
                               charts_error *error) {
  storage_lock lock;
  int folder = directory_descriptor(opened);
  charts_status status = journal_lock(&lock, folder, directory_path(opened), error);
  if (status != CHARTS_OK)
    return status;
  *indices = (claim){0};
  storage_sweep(folder, purge);
  status = storage_lock_temporaries(temporaries, folder, directory_path(opened), error);
  if (status == CHARTS_OK && !purge && !storage_read_next(folder, &indices->before))
    status = scan_next(opened, &lock, list, &indices->before, error);
  indices->after = indices->before;
  for (size_t i = 0; i < list->count && status == CHARTS_OK; i++)
    status = place_one(opened, &list->items[i], &places[i], purge, &indices->after, report, error);
  if (status == CHARTS_OK && !purge && indices->after != indices->before)
    status = storage_write_next(folder, directory_path(opened), indices->after, directory_syncs(opened), error);
  storage_lock_release(&lock);
  return status;
}

/* Gives the indices of a put that failed back, unless another put has claimed more since. */
static void give_back(const directory *opened, const claim *indices) {
  storage_lock lock;
  double next = 0;
  int folder = directory_descriptor(opened);
  if (indices->after == indices->before || journal_lock(&lock, folder, directory_path(opened), NULL) != CHARTS_OK)
    return;
  if (storage_read_next(folder, &next) && next == indices->after)
    (void)storage_write_next(folder, directory_path(opened), indices->before, false, NULL);
  storage_lock_release(&lock);
}

static bool is_placed(const placing *places, size_t count, const char *file) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(places[i].file, file) == 0)
      return true;
  return false;
}

/* Plans to remove what a purge does not keep. */
static charts_status plan_removals(journal *plan, const directory *opened, const placing *places, size_t count,
                                   const directory_listing *before, charts_value *messages, charts_error *error) {
  for (size_t i = 0; i < before->count; i++) {
    const directory_entry *entry = &before->entries[i];
    if (is_placed(places, count, entry->file))
      continue;
    bool valid = entry->name != NULL; /* a shadowed one too: it would come forth again */
    struct stat status;
    char stamp[64];
    if (!valid) {
      message_add(messages, MESSAGE_WARNING, "purge: %s stays: it is not a series (%s)", entry->file, entry->reason);
    } else if (fstatat(directory_descriptor(opened), entry->file, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      journal_stamp(stamp, &status);
      journal_add_removal(plan, entry->file, stamp);
    } else if (errno != ENOENT) { /* else it is gone already */
      return error_system(error, errno, "purge: cannot look at", entry->file);
    }
  }
  for (size_t i = 0; i < before->view_count; i++)
    journal_add_view(plan, before->views[i]);
  return CHARTS_OK;
}

static charts_status check_unchanged(const directory *opened, const char *file, const char *stamp,
                                     charts_error *error) {
  char now[64];
  stamp_of(now, opened, file);
  return strcmp(now, stamp) == 0 ? CHARTS_OK : error_set(error, CHARTS_REFUSED, "%s was replaced meanwhile", file);
}

/* Makes the temporaries the series, under the lock, so that no listing sees half of it, and by a journal, so that no
 * crash leaves half. */
static charts_status commit(const directory *opened, placing *places, const series_list *list, const claim *purge,
                            charts_value *messages, charts_error *error) {
  size_t count = list->count;
  storage_lock lock;
  directory_listing before = {0};
  int folder = directory_descriptor(opened);
  charts_status status = journal_lock(&lock, folder, directory_path(opened), error);
  if (status != CHARTS_OK)
    return status;
  if (purge != NULL)
    status = list_held(&before, opened, &lock, list, error);
  if (status == CHARTS_OK && list->unless_changed != NULL)
    status = check_unchanged(opened, places[0].file, list->unless_changed, error);
  journal plan = journal_begin();
  plan.sync = directory_syncs(opened);
  for (size_t i = 0; i < count; i++)
    journal_add_put(&plan, places[i].temporary, places[i].file);
  if (status == CHARTS_OK && purge != NULL) {
    status = plan_removals(&plan, opened, places, count, &before, messages, error);
    plan.has_next = true;
    plan.next = purge->after;
  }
  if (status == CHARTS_OK && messages != NULL && value_failed(messages)) /* later there is no way back */
    status = error_memory(error);
  if (status == CHARTS_OK)
    status = journal_commit(&plan, folder, directory_path(opened), error);
  if (status == CHARTS_OK)
    commit_pyramids(opened, places, count);
  if (status == CHARTS_OK && purge != NULL)
    pyramidstore_sweep(directory_own(opened), folder);
  journal_end(&plan);
  directory_listing_free(&before);
  storage_lock_release(&lock);
  return status;
}

/* Gives each series its file, and looks at the one that it replaces, which a purge does not ask for. */
static charts_status look_at_all(const directory *opened, const series_list *list, placing *places, bool purge,
                                 charts_error *error) {
  charts_status status = CHARTS_OK;
  worker_stop_when(list->poll, list->poll_context);
  for (size_t i = 0; i < list->count && status == CHARTS_OK; i++) {
    directory_file_name(places[i].file, list->items[i].name, strlen(list->items[i].name));
    if (!purge)
      status = look_at(&places[i].before, opened, places[i].file, error);
  }
  worker_stop_when(NULL, NULL);
  return status;
}

static void discard(const directory *opened, placing *of) {
  looked_free(&of->before);
  if (of->temporary[0] != '\0')
    (void)unlinkat(directory_descriptor(opened), of->temporary, 0);
  pyramidstore_discard(&of->pyramid, directory_own(opened));
}

charts_status directory_put(const directory *opened, const series_list *list, bool purge, directory_report *report,
                            charts_value *messages, charts_error *error) {
  claim indices = {0};
  storage_lock temporaries = {-1};
  *report = (directory_report){0};
  placing *places = memory_new_zeroed(list->count, sizeof *places);
  if (places == NULL)
    return error_memory(error);
  charts_status status = look_at_all(opened, list, places, purge, error);
  if (status == CHARTS_OK)
    status = place_all(opened, list, places, purge, &indices, &temporaries, report, error);
  bool placed = status == CHARTS_OK;
  if (placed && report->shown < report->added)
    message_add(messages, MESSAGE_NOTE, "%zu of %zu new series are shown; the others wait in the page's selector",
                report->shown, report->added);
  for (size_t i = 0; status == CHARTS_OK && i < list->count; i++)
    status = write_series(opened, list, i, &places[i], error);
  if (status == CHARTS_OK)
    status = commit(opened, places, list, purge ? &indices : NULL, messages, error);
  if (status != CHARTS_OK)
    for (size_t i = 0; i < list->count; i++)
      discard(opened, &places[i]);
  storage_lock_release(&temporaries);
  if (status != CHARTS_OK && status != CHARTS_REFUSED && placed && !purge)
    give_back(opened, &indices);
  free(places);
  if (status == CHARTS_INTERRUPTED) /* in the reading of a file, or the waiting for the lock */
    return error_set(error, status, "the call was interrupted; nothing was changed");
  return status;
}
