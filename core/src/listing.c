/* The listing of a chart directory; declared in directory.h. */
#include "directory.h"

#include "beneath.h"
#include "mending.h"
#include "moment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void free_entry(directory_entry *entry) {
  free(entry->file);
  free(entry->name);
  free(entry->reason);
  series_head_free(&entry->head);
  *entry = (directory_entry){0};
}

static void free_texts(char **texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(texts[i]);
  free(texts);
}

void directory_listing_free(directory_listing *listing) {
  for (size_t i = 0; i < listing->count; i++)
    free_entry(&listing->entries[i]);
  free(listing->entries);
  free_texts(listing->views, listing->view_count);
  free_texts(listing->settings, listing->settings_count);
  *listing = (directory_listing){0};
}

const directory_entry *directory_find_file(const directory_listing *listing, const char *file) {
  for (size_t i = 0; i < listing->count; i++)
    if (strcmp(listing->entries[i].file, file) == 0)
      return &listing->entries[i];
  return NULL;
}

const directory_entry *directory_find_name(const directory_listing *listing, const char *name) {
  for (size_t i = 0; i < listing->count; i++)
    if (listing->entries[i].reason == NULL && strcmp(listing->entries[i].name, name) == 0)
      return &listing->entries[i];
  return NULL;
}

static int compare_files(const void *left, const void *right) {
  return strcmp(((const directory_entry *)left)->file, ((const directory_entry *)right)->file);
}

/* By index, then name; without index last; broken ones after them, by file. */
static int compare_places(const void *left, const void *right) {
  const directory_entry *one = left;
  const directory_entry *other = right;
  if ((one->reason != NULL) != (other->reason != NULL))
    return one->reason != NULL ? 1 : -1;
  if (one->reason != NULL)
    return strcmp(one->file, other->file);
  if (one->head.has_index != other->head.has_index)
    return one->head.has_index ? -1 : 1;
  if (one->head.has_index && one->head.index != other->head.index)
    return one->head.index < other->head.index ? -1 : 1;
  return strcmp(one->name, other->name);
}

/* The file whose name encodes the series comes first among those that claim one name. */
static int compare_claims(const void *left, const void *right) {
  const directory_entry *one = left;
  const directory_entry *other = right;
  if ((one->reason != NULL) != (other->reason != NULL))
    return one->reason != NULL ? 1 : -1;
  if (one->reason != NULL)
    return strcmp(one->file, other->file);
  int order = strcmp(one->name, other->name);
  if (order != 0)
    return order;
  char own[FILE_NAME_ROOM];
  directory_file_name(own, one->name, strlen(one->name));
  bool first = strcmp(own, one->file) == 0;
  bool second = strcmp(own, other->file) == 0;
  if (first != second)
    return first ? -1 : 1;
  return strcmp(one->file, other->file);
}

static charts_status set_reason(directory_entry *entry, const char *reason, charts_error *error) {
  series_head_free(&entry->head);
  entry->reason = memory_text(reason, strlen(reason));
  return entry->reason != NULL ? CHARTS_OK : error_memory(error);
}

/* ---- Files that take long ---- */

enum {
  SOON_BYTES = 1 << 18, /* so much of a file is read at once */
  WAITING_MOST = 64,
  ROUNDS_MOST = 1000 /* then files that somebody changes all the time are read while the lock is held */
};

/* Files whose heads are not told by a few reads, opened while the directory's lock is held and read when it is not:
 * what is open is not changed by a put, which gives its name to another file. */
typedef struct waiting_files {
  struct {
    size_t place; /* in the listing */
    int file;
  } items[WAITING_MOST];
  size_t count;
  bool more; /* there was no room for others, which were not looked at */
} waiting_files;

static void close_waiting(waiting_files *of) {
  for (size_t i = 0; i < of->count; i++)
    (void)close(of->items[i].file);
  of->count = 0;
}

/* `most`: as of seriesfile_head_within. */
static charts_status read_open(directory_entry *entry, int file, uint64_t most, charts_error *reason) {
  struct stat status;
  if (fstat(file, &status) != 0)
    return error_system(reason, errno, "cannot read", entry->file);
  seriesfile_stamp(entry->stamp, &status);
  entry->size = (uint64_t)status.st_size;
  return seriesfile_head_within(&entry->head, file, entry->file, most, most, reason);
}

static charts_status read_head(directory_entry *entry, const directory *opened, int file, uint64_t most,
                               charts_error *reason) {
  errno = 0;
  charts_status result = read_open(entry, file, most, reason);
  if (result == CHARTS_OK && entry->head.torn && mending_run(directory_descriptor(opened), entry->file)) {
    series_head_free(&entry->head);
    result = read_open(entry, file, most, reason);
  }
  return result;
}

/* Names the entry whose head was read, or says why that failed; errno is that of the failure. */
static charts_status judge_entry(directory_entry *entry, charts_status result, const charts_error *reason,
                                 charts_error *error) {
  if (result == CHARTS_IO && error_of_process(errno)) /* a listing without the file would not be true */
    return error_set(error, CHARTS_IO, "%s", reason->message);
  if (result == CHARTS_MEMORY)
    return error_memory(error);
  if (result == CHARTS_INTERRUPTED)
    return error_set(error, result, "%s", reason->message);
  if (result == CHARTS_IO) /* it may pass, and the file's stamp stays the same */
    entry->stamp[0] = '\0';
  if (result != CHARTS_OK)
    return set_reason(entry, reason->message, error);
  if (!utf8_valid(entry->file, strlen(entry->file))) /* no address can name it */
    return set_reason(entry, "its file name is not UTF-8", error);
  char decoded[FILE_NAME_ROOM];
  const char *name = entry->head.name;
  if (name == NULL && directory_name_of_file(decoded, entry->file))
    name = decoded;
  if (name == NULL)
    return set_reason(entry, "its name is not UTF-8", error);
  entry->name = memory_text(name, strlen(name));
  return entry->name != NULL ? CHARTS_OK : error_memory(error);
}

/* Reads the head of a file into the entry at a place; what is wrong with the file becomes the entry's reason. With
 * `waiting` a file that takes long only comes there. */
static charts_status read_entry(directory_listing *listing, size_t place, const directory *opened,
                                waiting_files *waiting, charts_error *error) {
  directory_entry *entry = &listing->entries[place];
  charts_error reason;
  int file = -1;
  if (waiting != NULL && waiting->count == WAITING_MOST) {
    waiting->more = true;
    return CHARTS_OK;
  }
  errno = 0;
  charts_status result = directory_open_series(&file, NULL, opened, entry->file, &reason);
  if (result == CHARTS_OK)
    result = read_head(entry, opened, file, waiting != NULL ? SOON_BYTES : 0, &reason);
  if (waiting != NULL && result == CHARTS_LIMIT) {
    waiting->items[waiting->count].place = place;
    waiting->items[waiting->count++].file = file;
    return CHARTS_OK;
  }
  int number = errno;
  if (file >= 0)
    (void)close(file);
  errno = number;
  return judge_entry(entry, result, &reason, error);
}

/* Reads the heads that take long, and closes their files. */
static charts_status read_waiting(directory_listing *listing, waiting_files *waiting, const directory *opened,
                                  charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < waiting->count && status == CHARTS_OK; i++) {
    charts_error reason;
    directory_entry *entry = &listing->entries[waiting->items[i].place];
    charts_status result = read_head(entry, opened, waiting->items[i].file, 0, &reason);
    status = judge_entry(entry, result, &reason, error);
  }
  close_waiting(waiting);
  return status;
}

/* Takes the head of an unchanged file over from an earlier listing. */
static bool take_known(directory_entry *entry, const directory *opened, directory_listing *known) {
  struct stat status;
  if (known == NULL || known->count == 0 ||
      fstatat(directory_descriptor(opened), entry->file, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return false;
  directory_entry *same = bsearch(entry, known->entries, known->count, sizeof *same, compare_files);
  char stamp[64];
  seriesfile_stamp(stamp, &status);
  bool usable = same != NULL && (same->name != NULL || same->reason != NULL) && strcmp(same->stamp, stamp) == 0 &&
                !same->head.torn && (same->reason == NULL || same->name == NULL);
  if (!usable)
    return false;
  char *file = entry->file;
  *entry = *same;
  *same = (directory_entry){.file = same->file};
  entry->file = file;
  return true;
}

static charts_status add_entry(directory_listing *listing, const directory *opened, const char *file,
                               directory_listing *known, waiting_files *waiting, charts_error *error) {
  if ((listing->count & (listing->count + 1)) == 0) {
    directory_entry *entries = memory_resize(listing->entries, (listing->count + 1) * 2 * sizeof *entries);
    if (entries == NULL)
      return error_memory(error);
    listing->entries = entries;
  }
  directory_entry *entry = &listing->entries[listing->count];
  *entry = (directory_entry){.file = memory_text(file, strlen(file))};
  if (entry->file == NULL)
    return error_memory(error);
  listing->count++;
  return take_known(entry, opened, known) ? CHARTS_OK : read_entry(listing, listing->count - 1, opened, waiting, error);
}

/* Opens a folder for reading its entries; NULL with errno when that fails. */
static DIR *open_listing(int folder, const char *name) {
  int file = beneath_folder(folder, name);
  DIR *listing = file >= 0 ? fdopendir(file) : NULL;
  int number = errno;
  if (listing == NULL && file >= 0)
    (void)close(file);
  errno = number;
  return listing;
}

/* The next entry; NULL at the end, and with *number (errno) where reading fails. */
static const struct dirent *next_entry(DIR *listing, int *number) {
  errno = 0;
  const struct dirent *entry = readdir(listing);
  *number = entry == NULL ? errno : 0;
  return entry;
}

static charts_status list_series(directory_listing *listing, const directory *opened, directory_listing *known,
                                 waiting_files *waiting, charts_error *error) {
  DIR *folder = open_listing(directory_descriptor(opened), ".");
  if (folder == NULL)
    return error_system(error, errno, "cannot read the directory", directory_path(opened));
  charts_status status = CHARTS_OK;
  int number = 0;
  for (const struct dirent *file = next_entry(folder, &number); file != NULL && status == CHARTS_OK;
       file = next_entry(folder, &number))
    if (filename_is_series(file->d_name))
      status = add_entry(listing, opened, file->d_name, known, waiting, error);
  (void)closedir(folder);
  if (status == CHARTS_OK && number != 0)
    return error_system(error, number, "cannot read the directory", directory_path(opened));
  return status;
}

/* Marks every file but the first that claims one name. The name stays, so that a later listing reads the file again. */
static charts_status mark_shadowed(directory_listing *listing, charts_error *error) {
  qsort(listing->entries, listing->count, sizeof *listing->entries, compare_claims);
  const directory_entry *first = NULL;
  for (size_t i = 0; i < listing->count && listing->entries[i].reason == NULL; i++) {
    directory_entry *entry = &listing->entries[i];
    if (first == NULL || strcmp(first->name, entry->name) != 0) {
      first = entry;
      continue;
    }
    char reason[FILE_NAME_ROOM + 32];
    (void)snprintf(reason, sizeof reason, "shadowed by %s", first->file);
    charts_status status = set_reason(entry, reason, error);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static void set_revision(directory_listing *listing) {
  uint64_t revision = UINT64_C(0x9E3779B97F4A7C15);
  for (size_t i = 0; i < listing->count; i++) {
    const directory_entry *entry = &listing->entries[i];
    uint64_t parts[3] = {revision, hash_bytes(entry->file, strlen(entry->file)),
                         hash_bytes(entry->stamp, strlen(entry->stamp))};
    revision = hash_bytes(parts, sizeof parts);
  }
  (void)snprintf(listing->revision, sizeof listing->revision, "%016" PRIx64, revision);
}

/* ---- Views and settings ---- */

typedef struct dated {
  char *text;
  struct timespec when;
} dated;

static int compare_dated(const void *left, const void *right) {
  const dated *one = left;
  const dated *other = right;
  if (one->when.tv_sec != other->when.tv_sec)
    return one->when.tv_sec > other->when.tv_sec ? -1 : 1;
  if (one->when.tv_nsec != other->when.tv_nsec)
    return one->when.tv_nsec > other->when.tv_nsec ? -1 : 1;
  return strcmp(one->text, other->text);
}

static int compare_texts(const void *left, const void *right) {
  return strcmp(((const dated *)left)->text, ((const dated *)right)->text);
}

/* Whether a name is the id of a view: nothing else in `.charts/views` is one, and a purge unlinks by these names. */
static bool is_view(const char *name) {
  return strlen(name) == VIEW_ID_ROOM - 1 && strspn(name, "0123456789abcdef") == VIEW_ID_ROOM - 1;
}

static bool is_settings(const char *name) {
  return *name != '\0';
}

static bool is_listed(const dated *items, size_t count, const char *text) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(items[i].text, text) == 0)
      return true;
  return false;
}

static charts_status add_dated(dated **items, size_t *count, const char *name, const struct stat *state,
                               charts_error *error) {
  dated *more = memory_resize(*items, (*count + 1) * sizeof **items);
  char *text = memory_text(name, strlen(name));
  if (more != NULL)
    *items = more;
  if (more == NULL || text == NULL) {
    free(text);
    return error_memory(error);
  }
  (*items)[(*count)++] = (dated){text, state->st_mtim};
  return CHARTS_OK;
}

/* Whether a folder of `.charts` that cannot be opened may be taken for an empty one: not where the process lacks what
 * it takes, since a purge removes what is listed here. */
static bool may_be_missing(int number) {
  return !error_of_process(number) && number != EIO;
}

/* Adds the names of the JSON files of a folder that `is_wanted`, with their mtimes. */
static charts_status list_dated(dated **items, size_t *count, int base, const char *name,
                                bool (*is_wanted)(const char *name), charts_error *error) {
  size_t before = *count;
  DIR *folder = open_listing(base, name);
  charts_status status = CHARTS_OK;
  int number = 0;
  if (folder == NULL)
    return may_be_missing(errno) ? CHARTS_OK : error_system(error, errno, "cannot read the folder", name);
  for (const struct dirent *file = next_entry(folder, &number); file != NULL && status == CHARTS_OK;
       file = next_entry(folder, &number)) {
    struct stat state;
    char decoded[FILE_NAME_ROOM];
    if (!directory_name_of_file(decoded, file->d_name) || !is_wanted(decoded) || is_listed(*items, before, decoded))
      continue;
    if (fstatat(dirfd(folder), file->d_name, &state, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISREG(state.st_mode))
        status = add_dated(items, count, decoded, &state, error);
    } else if (errno != ENOENT) {
      status = error_system(error, errno, "cannot read", file->d_name);
    }
  }
  (void)closedir(folder);
  if (status == CHARTS_OK && number != 0)
    return error_system(error, number, "cannot read the folder", name);
  return status;
}

static charts_status list_names(char ***names, size_t *count, const directory *opened, const char *folder,
                                bool (*is_wanted)(const char *name), int (*compare)(const void *, const void *),
                                charts_error *error) {
  dated *items = NULL;
  int own = directory_own(opened);
  int base = directory_descriptor(opened);
  *count = 0;
  charts_status status = list_dated(&items, count, own, folder, is_wanted, error);
  if (status == CHARTS_OK && base != own)
    status = list_dated(&items, count, base, folder, is_wanted, error);
  if (*count > 0) {
    qsort(items, *count, sizeof *items, compare);
    *names = memory_new(*count * sizeof **names);
  }
  if (*count > 0 && *names == NULL) {
    status = error_memory(error);
    for (size_t i = 0; i < *count; i++)
      free(items[i].text);
    *count = 0;
  }
  for (size_t i = 0; i < *count; i++)
    (*names)[i] = items[i].text;
  free(items);
  return status;
}

/* ---- The listing ---- */

/* Lists what there is at one moment, in no order and without what `waiting` holds then. *known is emptied. */
static charts_status gather(directory_listing *listing, const directory *opened, directory_listing *known,
                            waiting_files *waiting, charts_error *error) {
  *listing = (directory_listing){0};
  if (known != NULL && known->count > 0)
    qsort(known->entries, known->count, sizeof *known->entries, compare_files);
  charts_status status = list_series(listing, opened, known, waiting, error);
  if (status == CHARTS_OK)
    status = list_names(&listing->views, &listing->view_count, opened, ".charts/views", is_view, compare_dated, error);
  if (status == CHARTS_OK)
    status = list_names(&listing->settings, &listing->settings_count, opened, ".charts/settings", is_settings,
                        compare_texts, error);
  if (known != NULL)
    directory_listing_free(known);
  return status;
}

/* Brings a listing of which all was read into order; one that failed is freed. */
static charts_status arrange(directory_listing *listing, charts_status status, charts_error *error) {
  if (status == CHARTS_OK && listing->count > 0)
    status = mark_shadowed(listing, error);
  if (status == CHARTS_OK && listing->count > 0)
    qsort(listing->entries, listing->count, sizeof *listing->entries, compare_places);
  if (status == CHARTS_OK)
    set_revision(listing);
  else
    directory_listing_free(listing);
  return status;
}

charts_status directory_list_locked(directory_listing *listing, const directory *opened, directory_listing *known,
                                    bool soon, charts_error *error) {
  waiting_files waiting = {.count = 0};
  charts_status status = gather(listing, opened, known, soon ? &waiting : NULL, error);
  if (status == CHARTS_OK && waiting.count > 0)
    status = error_set(error, CHARTS_LIMIT, "%s: it takes long to list", directory_path(opened));
  close_waiting(&waiting);
  return arrange(listing, status, error);
}

/* One round of directory_list: *done when all that there is at the moment was read. */
static charts_status list_round(directory_listing *listing, const directory *opened, directory_listing *known,
                                bool patient, moment *reading, bool *done, charts_error *error) {
  int folder = directory_descriptor(opened);
  waiting_files waiting = {.count = 0};
  charts_status status = moment_begin(reading, folder, directory_path(opened), error);
  if (status != CHARTS_OK)
    return status;
  status = gather(listing, opened, known, patient ? &waiting : NULL, error);
  *done = moment_end(reading, folder) && !waiting.more;
  if (*done || waiting.count > 0) /* what was waited for so far is not its waiting */
    *reading = (moment){0};
  if (status != CHARTS_OK)
    close_waiting(&waiting);
  return status == CHARTS_OK ? read_waiting(listing, &waiting, opened, error) : status;
}

/* What one round read the next one knows, where it is still the same. */
charts_status directory_list(directory_listing *listing, const directory *opened, directory_listing *known,
                             charts_error *error) {
  moment reading = {0};
  directory_listing before = {0};
  bool done = false;
  charts_status status = CHARTS_OK;
  *listing = (directory_listing){0};
  if (known != NULL) {
    before = *known;
    *known = (directory_listing){0};
  }
  for (int round = 0; status == CHARTS_OK && !done; round++) {
    if (round > 0)
      before = *listing;
    *listing = (directory_listing){0};
    status = list_round(listing, opened, &before, round < ROUNDS_MOST, &reading, &done, error);
  }
  directory_listing_free(&before);
  return arrange(listing, status, error);
}
