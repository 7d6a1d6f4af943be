#include "directory.h"

#include "filename.h"
#include "storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct directory {
  int descriptor;
  char *path;
};

/* ---- Opening ---- */

/* Makes every missing folder on the way to an absolute path. */
static charts_status make_folders(const char *path, charts_error *error) {
  char *part = memory_text(path, strlen(path));
  if (part == NULL)
    return error_memory(error);
  charts_status status = CHARTS_OK;
  for (char *slash = strchr(part + 1, '/'); status == CHARTS_OK; slash = strchr(slash + 1, '/')) {
    if (slash != NULL)
      *slash = '\0';
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
      status = error_system(error, errno, "cannot make the directory", part);
    if (slash == NULL)
      break;
    *slash = '/';
  }
  free(part);
  return status;
}

charts_status directory_absolute(char **absolute, const char *path, charts_error *error) {
  buffer joined = {0};
  *absolute = NULL;
  if (*path != '/') {
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL)
      return error_system(error, errno, "cannot find", "the working directory");
    buffer_add_text(&joined, here);
    buffer_add_char(&joined, '/');
  }
  buffer_add_text(&joined, path);
  if (joined.failed || joined.bytes == NULL) {
    buffer_free(&joined);
    return error_memory(error);
  }
  *absolute = joined.bytes;
  return CHARTS_OK;
}

static charts_status open_at(directory *opened, const char *path, directory_mode mode, charts_error *error) {
  char *absolute = NULL;
  charts_status status = directory_absolute(&absolute, path, error);
  if (status == CHARTS_OK && mode == DIRECTORY_WRITE)
    status = make_folders(absolute, error);
  if (status == CHARTS_OK) {
    opened->path = realpath(absolute, NULL);
    if (opened->path == NULL && (errno == ENOENT || errno == ENOTDIR))
      status = error_set(error, CHARTS_NOT_FOUND, "there is no directory %s", absolute);
    else if (opened->path == NULL)
      status = error_system(error, errno, "cannot open", absolute);
  }
  free(absolute);
  if (status != CHARTS_OK)
    return status;
  opened->descriptor = open(opened->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened->descriptor < 0)
    return error_system(error, errno, "cannot open the directory", opened->path);
  if (mode == DIRECTORY_WRITE)
    return storage_make_folder(opened->descriptor, ".charts", opened->path, error);
  struct stat status_of;
  if (fstatat(opened->descriptor, ".charts", &status_of, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status_of.st_mode))
    return error_set(error, CHARTS_NOT_FOUND, "%s is not a chart directory (it holds no .charts)", opened->path);
  return CHARTS_OK;
}

charts_status directory_open(directory **opened, const char *path, directory_mode mode, charts_error *error) {
  *opened = memory_new_zeroed(1, sizeof **opened);
  if (*opened == NULL)
    return error_memory(error);
  (*opened)->descriptor = -1;
  charts_status status = open_at(*opened, path, mode, error);
  if (status != CHARTS_OK) {
    directory_close(*opened);
    *opened = NULL;
  }
  return status;
}

void directory_close(directory *opened) {
  if (opened == NULL)
    return;
  if (opened->descriptor >= 0)
    (void)close(opened->descriptor);
  free(opened->path);
  free(opened);
}

const char *directory_path(const directory *opened) {
  return opened->path;
}

int directory_descriptor(const directory *opened) {
  return opened->descriptor;
}

charts_status directory_check_purge(const char *path, charts_error *error) {
  DIR *listing = opendir(path);
  if (listing == NULL && errno == ENOENT)
    return CHARTS_OK;
  if (listing == NULL)
    return error_system(error, errno, "cannot read the directory", path);
  bool empty = true;
  bool ours = false;
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    empty = false;
    ours = ours || strcmp(entry->d_name, ".charts") == 0;
  }
  (void)closedir(listing);
  if (empty || ours)
    return CHARTS_OK;
  return error_set(error, CHARTS_REFUSED,
                   "purge: %s holds files but is not a chart directory (it has no .charts); nothing was touched", path);
}

/* ---- Series files ---- */

charts_status directory_open_series(int *descriptor, struct stat *status, const directory *opened, const char *file,
                                    charts_error *error) {
  struct stat own;
  *descriptor = -1;
  if (!filename_is_series(file))
    return error_set(error, CHARTS_NOT_FOUND, "there is no series file %s in %s", file, opened->path);
  int opening = openat(opened->descriptor, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (opening < 0 && errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no series file %s in %s", file, opened->path);
  if (opening < 0 && (errno == ELOOP || errno == ENXIO || errno == ENODEV))
    return error_set(error, CHARTS_FORMAT, "%s: expected a regular file", file);
  if (opening < 0)
    return error_system(error, errno, "cannot open", file);
  if (fstat(opening, &own) != 0 || !S_ISREG(own.st_mode)) {
    (void)close(opening);
    return error_set(error, CHARTS_FORMAT, "%s: expected a regular file", file);
  }
  if (status != NULL)
    *status = own;
  *descriptor = opening;
  return CHARTS_OK;
}

/* Whether the file is there and holds the series of that name, without a listing of the whole directory. */
static bool holds_series(const directory *opened, const char *file, const char *name) {
  int descriptor = -1;
  series_head head;
  if (directory_open_series(&descriptor, NULL, opened, file, NULL) != CHARTS_OK)
    return false;
  bool holds = seriesfile_head(&head, descriptor, file, NULL) == CHARTS_OK;
  (void)close(descriptor);
  if (!holds)
    return false;
  holds = head.name == NULL || strcmp(head.name, name) == 0;
  series_head_free(&head);
  return holds;
}

charts_status directory_remove(const directory *opened, const char *name, charts_error *error) {
  char file[FILE_NAME_ROOM];
  storage_lock lock;
  charts_status status = storage_lock_take(&lock, opened->descriptor, opened->path, error);
  if (status != CHARTS_OK)
    return status;
  directory_file_name(file, name, strlen(name));
  if (!holds_series(opened, file, name)) {
    directory_listing listing;
    status = directory_list_locked(&listing, opened, NULL, error);
    const directory_entry *entry = status == CHARTS_OK ? directory_find_name(&listing, name) : NULL;
    if (entry != NULL)
      (void)snprintf(file, sizeof file, "%s", entry->file);
    else if (status == CHARTS_OK)
      status = error_set(error, CHARTS_NOT_FOUND, "name: there is no series %s in %s", name, opened->path);
    directory_listing_free(&listing);
  }
  if (status == CHARTS_OK && unlinkat(opened->descriptor, file, 0) != 0)
    status = error_system(error, errno, "cannot remove", file);
  storage_lock_release(&lock);
  return status;
}

/* ---- Putting ---- */

/* One series on its way into the directory. */
typedef struct placing {
  char file[FILE_NAME_ROOM];
  char temporary[FILE_NAME_ROOM];
  double index;
  bool display;
} placing;

/* Where a series is written, and who may stop it. */
typedef struct writing {
  int file;
  const series_list *list;
} writing;

static charts_status write_temporary(void *context, const char *bytes, size_t length, charts_error *error) {
  const writing *to = context;
  if (to->list->poll != NULL && to->list->poll(to->list->poll_context))
    return error_set(error, CHARTS_INTERRUPTED, "the call was interrupted; nothing was changed");
  return storage_write(to->file, bytes, length, error);
}

static charts_status write_series(const directory *opened, const series_list *list, size_t place, placing *into,
                                  charts_error *error) {
  const series *from = &list->items[place];
  writing to = {.file = -1, .list = list};
  charts_status status = storage_temporary(&to.file, into->temporary, opened->descriptor, opened->path, error);
  if (status != CHARTS_OK)
    return status;
  status = seriesfile_write(from, into->display, into->index, write_temporary, &to, error);
  return storage_close(to.file, status, from->name, error);
}

/* The head of the series file that is there already; *there is false when there is none, or one that is no series. */
static charts_status existing_head(series_head *head, bool *there, const directory *opened, const char *file,
                                   charts_error *error) {
  int descriptor = -1;
  charts_status status = directory_open_series(&descriptor, NULL, opened, file, error);
  if (status == CHARTS_OK) {
    status = seriesfile_head(head, descriptor, file, error);
    (void)close(descriptor);
  }
  *there = status == CHARTS_OK;
  return status == CHARTS_NOT_FOUND || status == CHARTS_FORMAT ? CHARTS_OK : status;
}

/* The index after the highest one in use. */
static charts_status scan_next(const directory *opened, double *next, charts_error *error) {
  directory_listing listing;
  charts_status status = directory_list_locked(&listing, opened, NULL, error);
  *next = 0;
  for (size_t i = 0; status == CHARTS_OK && i < listing.count; i++)
    if (listing.entries[i].reason == NULL && listing.entries[i].head.has_index &&
        listing.entries[i].head.index >= *next)
      *next = floor(listing.entries[i].head.index) + 1;
  directory_listing_free(&listing);
  return status;
}

/* Gives a series its file, index and display. `next` goes on from what it was. */
static charts_status place_one(const directory *opened, const series *from, placing *into, bool anew, double *next,
                               directory_report *report, charts_error *error) {
  series_head head = {0};
  bool there = false;
  directory_file_name(into->file, from->name, strlen(from->name));
  charts_status status = anew ? CHARTS_OK : existing_head(&head, &there, opened, into->file, error);
  if (status != CHARTS_OK)
    return status;
  if (!there && !from->display_given)
    report->added++;
  into->display = from->display_given ? from->display : there ? head.display : report->shown < SHOWN_AT_ONCE;
  if (!there && !from->display_given && into->display)
    report->shown++;
  if (from->index_given)
    into->index = from->index;
  else
    into->index = there && head.has_index ? head.index : (*next)++;
  series_head_free(&head);
  return CHARTS_OK;
}

static charts_status place_all(const directory *opened, const series_list *list, placing *places, bool purge,
                               directory_report *report, charts_error *error) {
  storage_lock lock;
  charts_status status = storage_lock_take(&lock, opened->descriptor, opened->path, error);
  if (status != CHARTS_OK)
    return status;
  double next = 0;
  if (!purge && !storage_read_next(opened->descriptor, &next))
    status = scan_next(opened, &next, error);
  if (status == CHARTS_OK) {
    double before = next;
    for (size_t i = 0; i < list->count && status == CHARTS_OK; i++)
      status = place_one(opened, &list->items[i], &places[i], purge, &next, report, error);
    if (status == CHARTS_OK && (next != before || purge))
      status = storage_write_next(opened->descriptor, opened->path, next, error);
  }
  storage_lock_release(&lock);
  return status;
}

static bool is_placed(const placing *places, size_t count, const char *file) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(places[i].file, file) == 0)
      return true;
  return false;
}

/* Removes what the purge does not keep. */
static charts_status remove_others(const directory *opened, const placing *places, size_t count,
                                   const directory_listing *before, charts_value *messages, charts_error *error) {
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < before->count; i++) {
    const directory_entry *entry = &before->entries[i];
    if (is_placed(places, count, entry->file))
      continue;
    if (entry->reason != NULL)
      message_add(messages, MESSAGE_WARNING, "purge: %s stays: it is not a series (%s)", entry->file, entry->reason);
    else if (unlinkat(opened->descriptor, entry->file, 0) != 0 && errno != ENOENT)
      status = error_system(error, errno, "cannot remove", entry->file);
  }
  for (size_t i = 0; i < before->view_count; i++) {
    char path[64];
    (void)snprintf(path, sizeof path, ".charts/views/%s.json", before->views[i]);
    if (unlinkat(opened->descriptor, path, 0) != 0 && errno != ENOENT)
      status = error_system(error, errno, "cannot remove", path);
  }
  return status;
}

/* Makes the temporaries the series, under the lock, so that no listing sees half of it. */
static charts_status commit(const directory *opened, const placing *places, size_t count, bool purge,
                            charts_value *messages, charts_error *error) {
  storage_lock lock;
  directory_listing before = {0};
  charts_status status = storage_lock_take(&lock, opened->descriptor, opened->path, error);
  if (status != CHARTS_OK)
    return status;
  if (purge)
    status = directory_list_locked(&before, opened, NULL, error);
  for (size_t i = 0; status == CHARTS_OK && i < count; i++)
    if (renameat(opened->descriptor, places[i].temporary, opened->descriptor, places[i].file) != 0)
      status = error_system(error, errno, "cannot write", places[i].file);
  if (status == CHARTS_OK && purge)
    status = remove_others(opened, places, count, &before, messages, error);
  directory_listing_free(&before);
  storage_lock_release(&lock);
  return status;
}

charts_status directory_put(const directory *opened, const series_list *list, bool purge, directory_report *report,
                            charts_value *messages, charts_error *error) {
  *report = (directory_report){0};
  placing *places = memory_new_zeroed(list->count, sizeof *places);
  if (places == NULL)
    return error_memory(error);
  charts_status status = place_all(opened, list, places, purge, report, error);
  for (size_t i = 0; status == CHARTS_OK && i < list->count; i++)
    status = write_series(opened, list, i, &places[i], error);
  if (status == CHARTS_OK)
    status = commit(opened, places, list->count, purge, messages, error);
  if (status != CHARTS_OK)
    for (size_t i = 0; i < list->count; i++)
      if (places[i].temporary[0] != '\0')
        (void)unlinkat(opened->descriptor, places[i].temporary, 0);
  free(places);
  return status;
}

/* ---- Views and settings ---- */

static void sweep_views(const directory *opened) {
  enum { MONTH = 31 * 24 * 3600 };
  int folder = openat(opened->descriptor, ".charts/views", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
  if (listing == NULL) {
    if (folder >= 0)
      (void)close(folder);
    return;
  }
  time_t now = time(NULL);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    struct stat status;
    if (filename_is_series(entry->d_name) && fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && now - status.st_mtime > MONTH)
      (void)unlinkat(folder, entry->d_name, 0);
  }
  (void)closedir(listing);
}

charts_status directory_view_put(char id[VIEW_ID_ROOM], const directory *opened, const charts_value *view,
                                 charts_error *error) {
  buffer text = {0};
  value_write(&text, view);
  if (text.failed) {
    buffer_free(&text);
    return error_memory(error);
  }
  (void)snprintf(id, VIEW_ID_ROOM, "%08" PRIx32, (uint32_t)(hash_bytes(text.bytes, text.length) >> 32));
  char file[FILE_NAME_ROOM];
  (void)snprintf(file, sizeof file, "%s.json", id);
  charts_status status = storage_put(opened->descriptor, "views", file, text.bytes, text.length, opened->path, error);
  buffer_free(&text);
  if (status == CHARTS_OK)
    sweep_views(opened);
  return status;
}

/* Reads and parses one file of `.charts/FOLDER`. */
static charts_status get_record(charts_value **value, const directory *opened, const char *folder, const char *file,
                                charts_error *error) {
  buffer text = {0};
  charts_status status = storage_get(&text, opened->descriptor, folder, file, error);
  if (status != CHARTS_OK) {
    buffer_free(&text);
    return status;
  }
  charts_error reason;
  status = value_parse(value, text.bytes != NULL ? text.bytes : "", text.length, &reason);
  buffer_free(&text);
  if (status != CHARTS_OK)
    return error_set(error, status, ".charts/%s/%s: %s", folder, file, reason.message);
  if (charts_value_kind(*value) == CHARTS_RECORD)
    return CHARTS_OK;
  charts_value_free(*value);
  *value = NULL;
  return error_set(error, CHARTS_FORMAT, ".charts/%s/%s: expected a record", folder, file);
}

charts_status directory_view_get(charts_value **view, const directory *opened, const char *id, charts_error *error) {
  *view = NULL;
  char file[FILE_NAME_ROOM];
  if (strlen(id) != VIEW_ID_ROOM - 1 || strspn(id, "0123456789abcdef") != VIEW_ID_ROOM - 1)
    return error_set(error, CHARTS_NOT_FOUND, "there is no view of that name in %s", opened->path);
  (void)snprintf(file, sizeof file, "%s.json", id);
  return get_record(view, opened, "views", file, error);
}

charts_status directory_settings_put(const directory *opened, const char *name, const charts_value *settings,
                                     charts_error *error) {
  char file[FILE_NAME_ROOM];
  buffer text = {0};
  charts_status status = series_name_check(name, strlen(name), "settings", error);
  if (status != CHARTS_OK)
    return status;
  directory_file_name(file, name, strlen(name));
  value_write(&text, settings);
  if (text.failed)
    status = error_memory(error);
  else
    status = storage_put(opened->descriptor, "settings", file, text.bytes, text.length, opened->path, error);
  buffer_free(&text);
  return status;
}

charts_status directory_settings_get(charts_value **settings, const directory *opened, const char *name,
                                     charts_error *error) {
  *settings = NULL;
  char file[FILE_NAME_ROOM];
  charts_status status = series_name_check(name, strlen(name), "settings", error);
  if (status != CHARTS_OK)
    return status;
  directory_file_name(file, name, strlen(name));
  return get_record(settings, opened, "settings", file, error);
}
