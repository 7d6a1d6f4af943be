#include "directory.h"

#include "beneath.h"
#include "cache.h"
#include "filebytes.h"
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
  int own; /* whose `.charts` is written: the descriptor, or that of the user's cache */
  char *path;
  bool sync; /* what is written survives a power cut */
  bool made; /* by this opening */
};

/* ---- Opening ---- */

/* Makes every missing folder on the way to an absolute path. */
static charts_status make_folders(const char *path, bool *made, charts_error *error) {
  char *part = memory_text(path, strlen(path));
  if (part == NULL)
    return error_memory(error);
  charts_status status = CHARTS_OK;
  for (char *slash = strchr(part + 1, '/'); status == CHARTS_OK; slash = strchr(slash + 1, '/')) {
    if (slash != NULL)
      *slash = '\0';
    if (mkdir(part, 0777) == 0)
      *made = true;
    else if (errno != EEXIST)
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

/* Finds, or makes, the `.charts` that is written. Who only reads a directory without one is told that it is none,
 * unless he has charts of it in his cache. */
static charts_status find_own(directory *opened, directory_mode mode, charts_error *error) {
  struct stat status;
  bool found = fstatat(opened->descriptor, ".charts", &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!found && errno != ENOENT && errno != EACCES)
    return error_system(error, errno, "cannot read .charts of", opened->path);
  bool there = found && S_ISDIR(status.st_mode);
  if (cache_needed(opened->descriptor)) {
    int cache = cache_open(opened->path, there || mode != DIRECTORY_READ);
    if (cache >= 0)
      opened->own = cache;
    if (there || cache >= 0)
      return CHARTS_OK;
  }
  if (mode != DIRECTORY_READ)
    return storage_make_folder(opened->descriptor, ".charts", opened->path, error);
  if (there)
    return CHARTS_OK;
  return error_set(error, CHARTS_NOT_FOUND, "%s is not a chart directory (it holds no .charts)", opened->path);
}

/* Refuses a folder that holds files and is no chart directory; `folder` is closed. */
static charts_status check_purge(int folder, const char *path, charts_error *error) {
  DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
  if (listing == NULL) {
    charts_status status = error_system(error, errno, "cannot read the directory", path);
    if (folder >= 0)
      (void)close(folder);
    return status;
  }
  bool empty = true;
  bool ours = false;
  errno = 0;
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    empty = false;
    ours = ours || strcmp(entry->d_name, ".charts") == 0;
  }
  int number = errno;
  (void)closedir(listing);
  if (number != 0)
    return error_system(error, number, "cannot read the directory", path);
  if (empty || ours)
    return CHARTS_OK;
  return error_set(error, CHARTS_REFUSED,
                   "purge: %s holds files but is not a chart directory (it has no .charts); nothing was touched", path);
}

/* Opens the folder at the real path of `opened`; errno where that fails. */
static bool open_folder(directory *opened) {
  opened->descriptor = opened->own = beneath_real(opened->path);
  return opened->descriptor >= 0;
}

static charts_status open_at(directory *opened, const char *path, directory_mode mode, charts_error *error) {
  char *absolute = NULL;
  charts_status status = directory_absolute(&absolute, path, error);
  if (status == CHARTS_OK && mode != DIRECTORY_READ)
    status = make_folders(absolute, &opened->made, error);
  if (status == CHARTS_OK) {
    opened->path = realpath(absolute, NULL);
    if (opened->path == NULL && (errno == ENOENT || errno == ENOTDIR))
      status = error_set(error, CHARTS_NOT_FOUND, "there is no directory %s", absolute);
    else if (opened->path == NULL)
      status = error_system(error, errno, "cannot open", absolute);
  }
  free(absolute);
  if (status == CHARTS_OK && !open_folder(opened))
    status = error_system(error, errno, "cannot open the directory", opened->path);
  if (status == CHARTS_OK && mode == DIRECTORY_PURGE)
    status = check_purge(beneath_folder(opened->descriptor, "."), opened->path, error);
  return status == CHARTS_OK ? find_own(opened, mode, error) : status;
}

/* A link that took the directory's place, or that of a folder above, leads to something else. */
static charts_status open_real(directory *opened, const char *path, charts_error *error) {
  opened->path = memory_text(path, strlen(path));
  if (opened->path == NULL)
    return error_memory(error);
  if (open_folder(opened))
    return find_own(opened, DIRECTORY_READ, error);
  if (errno == ENOENT || beneath_is_odd(errno))
    return error_set(error, CHARTS_NOT_FOUND, "there is no directory %s any more", opened->path);
  return error_system(error, errno, "cannot open the directory", opened->path);
}

static directory *directory_new(void) {
  directory *new = memory_new_zeroed(1, sizeof *new);
  if (new != NULL)
    new->descriptor = new->own = -1;
  return new;
}

/* Gives what was opened to the caller; what was not is closed. */
static charts_status hand_over(directory **opened, directory *new, charts_status status) {
  if (status != CHARTS_OK)
    directory_close(new);
  *opened = status == CHARTS_OK ? new : NULL;
  return status;
}

charts_status directory_open(directory **opened, const char *path, directory_mode mode, charts_error *error) {
  directory *new = directory_new();
  return hand_over(opened, new, new != NULL ? open_at(new, path, mode, error) : error_memory(error));
}

charts_status directory_open_real(directory **opened, const char *path, charts_error *error) {
  directory *new = directory_new();
  return hand_over(opened, new, new != NULL ? open_real(new, path, error) : error_memory(error));
}

void directory_close(directory *opened) {
  if (opened == NULL)
    return;
  if (opened->own >= 0 && opened->own != opened->descriptor)
    (void)close(opened->own);
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

int directory_own(const directory *opened) {
  return opened->own;
}

charts_status directory_check_purge(const char *path, charts_error *error) {
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 && errno == ENOENT)
    return CHARTS_OK;
  return check_purge(folder, path, error);
}

/* ---- What survives a power cut ---- */

/* Whether a folder on the way cannot be synced since nothing of ours was made in it. */
static bool is_of_others(int number) {
  return number == EACCES || number == EPERM || number == ELOOP || number == ENOENT;
}

/* Makes the names of the folders on the way to a directory durable, up to the root of its file system. */
static charts_status sync_way(const directory *opened, charts_error *error) {
  struct stat own;
  charts_status status = CHARTS_OK;
  char *part = memory_text(opened->path, strlen(opened->path));
  if (part == NULL)
    return error_memory(error);
  bool same = fstat(opened->descriptor, &own) == 0;
  for (char *slash = strrchr(part, '/'); status == CHARTS_OK && same && slash != NULL; slash = strrchr(part, '/')) {
    struct stat state;
    *slash = '\0';
    const char *above = part[0] != '\0' ? part : "/";
    int folder = beneath_real(above);
    if (folder < 0 && !is_of_others(errno))
      status = error_system(error, errno, "cannot open the directory", above);
    same = folder >= 0 && fstat(folder, &state) == 0 && state.st_dev == own.st_dev;
    if (same)
      status = filebytes_sync(folder, above, error);
    if (folder >= 0)
      (void)close(folder);
  }
  free(part);
  return status;
}

charts_status directory_sync(directory *opened, bool way, charts_error *error) {
  opened->sync = true;
  if (!way && !opened->made)
    return CHARTS_OK;
  charts_status status = storage_sync_names(opened->descriptor, opened->path, error);
  return status == CHARTS_OK ? sync_way(opened, error) : status;
}

bool directory_syncs(const directory *opened) {
  return opened->sync;
}

/* ---- Series files ---- */

charts_status directory_open_series(int *descriptor, struct stat *status, const directory *opened, const char *file,
                                    charts_error *error) {
  struct stat own;
  *descriptor = -1;
  if (!filename_is_series(file))
    return error_set(error, CHARTS_NOT_FOUND, "there is no series file %s in %s", file, opened->path);
  int opening = beneath_file(opened->descriptor, file, O_RDONLY, &own);
  if (opening < 0 && errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no series file %s in %s", file, opened->path);
  if (opening < 0 && beneath_is_odd(errno))
    return error_set(error, CHARTS_FORMAT, "%s: expected a regular file", file);
  if (opening < 0)
    return error_system(error, errno, "cannot open", file);
  if (status != NULL)
    *status = own;
  *descriptor = opening;
  return CHARTS_OK;
}

/* ---- Views and settings ---- */

static void sweep_views(const directory *opened) {
  enum { MONTH = 31 * 24 * 3600 };
  int folder = beneath_folder(opened->own, ".charts/views");
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
  charts_status status = storage_put(opened->own, "views", file, text.bytes, text.length, STORAGE_SMALL, opened->sync,
                                     opened->path, error);
  buffer_free(&text);
  if (status == CHARTS_OK)
    sweep_views(opened);
  if (status == CHARTS_OK && opened->own != opened->descriptor) /* no put sweeps the user's cache */
    storage_sweep(opened->own, false);
  return status;
}

/* Reads and parses one file of `.charts/FOLDER`. */
static charts_status get_record(charts_value **value, const directory *opened, const char *folder, const char *file,
                                charts_error *error) {
  buffer text = {0};
  charts_status status = storage_get(&text, opened->own, folder, file, STORAGE_SMALL, error);
  if (status == CHARTS_NOT_FOUND && opened->own != opened->descriptor)
    status = storage_get(&text, opened->descriptor, folder, file, STORAGE_SMALL, error);
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
    status =
        storage_put(opened->own, "settings", file, text.bytes, text.length, STORAGE_SMALL, true, opened->path, error);
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
