#include "storage.h"

#include "beneath.h"
#include "filebytes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

charts_status storage_make_folder(int folder, const char *name, const char *path, charts_error *error) {
  struct stat status;
  if (mkdirat(folder, name, 0777) == 0) {
    int made = beneath_folder(folder, name);
    if (made >= 0 && fstat(folder, &status) == 0) /* whatever the umask is: a shared directory stays shared */
      (void)fchmod(made, status.st_mode & 07777);
    if (made >= 0)
      (void)close(made);
    return CHARTS_OK;
  }
  if (errno != EEXIST)
    return error_system(error, errno, "cannot make .charts in", path);
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
    return error_set(error, CHARTS_REFUSED, "%s/%s is not a directory of its own", path, name);
  return CHARTS_OK;
}

/* Random, and no counter: a commit that was left may still name a temporary of a process that had the same id, which
 * elsewhere another one has now (containers, machines that share the directory). */
static uint64_t random_number(void) {
  uint64_t number = 0;
  struct timespec now;
  if (getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number)
    return number;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

charts_status storage_temporary(int *file, char name[FILE_NAME_ROOM], int folder, const char *path,
                                charts_error *error) {
  for (int attempt = 0; attempt < 1000; attempt++) {
    (void)snprintf(name, FILE_NAME_ROOM, ".%jd.%" PRIu64 ".tmp", (intmax_t)getpid(), random_number());
    *file = beneath_create(folder, name, 0666);
    if (*file >= 0)
      return CHARTS_OK;
    if (errno != EEXIST)
      break;
  }
  int number = errno;
  name[0] = '\0';
  return error_system(error, number, "cannot write in", path);
}

bool storage_is_temporary(const char *name) {
  size_t process = name[0] == '.' ? strspn(name + 1, "0123456789") : 0;
  const char *rest = name + 1 + process;
  size_t number = process > 0 && rest[0] == '.' ? strspn(rest + 1, "0123456789") : 0;
  return number > 0 && strcmp(rest + 1 + number, ".tmp") == 0;
}

bool storage_settle(int file) {
  struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};
  struct timespec coarse;
  struct stat status;
  if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0 || clock_gettime(CLOCK_REALTIME_COARSE, &coarse) != 0)
    return false;
  if (times[1].tv_nsec == coarse.tv_nsec) /* a tick to the nanosecond: the next one is not */
    times[1].tv_nsec = times[1].tv_nsec > 0 ? times[1].tv_nsec - 1 : 1;
  if (futimens(file, times) != 0 || fstat(file, &status) != 0)
    return false;
  return status.st_mtim.tv_sec == times[1].tv_sec && status.st_mtim.tv_nsec == times[1].tv_nsec;
}

charts_status storage_close(int file, bool sync, charts_status status, const char *name, charts_error *error) {
  if (sync && status == CHARTS_OK)
    status = filebytes_sync(file, name, error);
  if (close(file) != 0 && errno != EINTR && status == CHARTS_OK)
    return error_system(error, errno, "cannot write", name);
  return status;
}

/* Makes `.charts/FOLDER`. */
static charts_status make_own(int directory_file, const char *folder, const char *path, charts_error *error) {
  charts_status status = storage_make_folder(directory_file, ".charts", path, error);
  if (status != CHARTS_OK || folder[0] == '\0')
    return status;
  int own = beneath_folder(directory_file, ".charts");
  if (own < 0)
    return error_system(error, errno, "cannot open .charts of", path);
  status = storage_make_folder(own, folder, path, error);
  (void)close(own);
  return status;
}

static charts_status open_folder(int *opened, int directory_file, const char *folder, charts_error *error) {
  char name[64];
  (void)snprintf(name, sizeof name, folder[0] != '\0' ? ".charts/%s" : ".charts%s", folder);
  *opened = beneath_folder(directory_file, name);
  if (*opened >= 0)
    return CHARTS_OK;
  if (errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no %s here", name);
  return error_system(error, errno, "cannot open", name);
}

charts_status storage_sync_names(int directory_file, const char *path, charts_error *error) {
  return filebytes_sync(directory_file, path, error);
}

charts_status storage_sync_own(int directory_file, const char *folder, charts_error *error) {
  int own = -1;
  charts_status status = open_folder(&own, directory_file, folder, error);
  if (status != CHARTS_OK)
    return status;
  status = filebytes_sync(own, folder[0] != '\0' ? folder : ".charts", error);
  (void)close(own);
  return status;
}

/* Writes a temporary in `folder` and gives it its name. */
static charts_status put_at(int folder, const char *file, const char *bytes, size_t length, bool sync, const char *path,
                            charts_error *error) {
  char temporary[FILE_NAME_ROOM];
  int written = -1;
  charts_status status = storage_temporary(&written, temporary, folder, path, error);
  if (status != CHARTS_OK)
    return status;
  status = storage_close(written, sync, filebytes_add(written, file, bytes, length, error), file, error);
  if (status == CHARTS_OK && renameat(folder, temporary, folder, file) != 0)
    status = error_system(error, errno, "cannot write", file);
  if (status != CHARTS_OK)
    (void)unlinkat(folder, temporary, 0);
  else if (sync)
    status = filebytes_sync(folder, path, error);
  return status;
}

/* Syncs the way to `.charts/FOLDER`, which may be as new as the file in it. */
static charts_status sync_way(int directory_file, const char *folder, const char *path, charts_error *error) {
  charts_status status = storage_sync_names(directory_file, path, error);
  if (status == CHARTS_OK && folder[0] != '\0')
    status = storage_sync_own(directory_file, "", error);
  return status;
}

charts_status storage_put(int directory_file, const char *folder, const char *file, const char *bytes, size_t length,
                          size_t most, bool sync, const char *path, charts_error *error) {
  storage_lock lock = {-1};
  int opened = -1;
  if (length > most)
    return error_set(error, CHARTS_LIMIT, "%s: expected at most %zu bytes, got %zu", file, most, length);
  charts_status status = make_own(directory_file, folder, path, error);
  if (status == CHARTS_OK && sync) /* first: what fails then has changed nothing */
    status = sync_way(directory_file, folder, path, error);
  if (status == CHARTS_OK)
    status = open_folder(&opened, directory_file, folder, error);
  if (status != CHARTS_OK)
    return status;
  if (folder[0] != '\0') /* else the caller holds the directory's lock; without one the file is at worst not written */
    (void)!storage_lock_temporaries(&lock, directory_file, path, NULL);
  status = put_at(opened, file, bytes, length, sync, path, error);
  storage_lock_release(&lock);
  (void)close(opened);
  return status;
}

charts_status storage_remove(int directory_file, const char *folder, const char *file, charts_error *error) {
  int opened = -1;
  charts_status status = open_folder(&opened, directory_file, folder, error);
  if (status != CHARTS_OK)
    return status == CHARTS_NOT_FOUND ? CHARTS_OK : status;
  if (unlinkat(opened, file, 0) != 0 && errno != ENOENT)
    status = error_system(error, errno, "cannot remove", file);
  (void)close(opened);
  return status;
}

static charts_status read_all(buffer *text, int file, size_t size, const char *name, charts_error *error) {
  size_t got = 0;
  char *room = buffer_room(text, size);
  if (room == NULL)
    return error_memory(error);
  charts_status status = filebytes_read(file, name, room, size, 0, &got, error);
  buffer_grew(text, got);
  return status;
}

static charts_status get_at(buffer *text, int folder, const char *file, size_t most, charts_error *error) {
  struct stat status;
  charts_status result;
  int opened = beneath_file(folder, file, O_RDONLY, &status);
  if (opened < 0 && errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no %s", file);
  if (opened < 0 && !beneath_is_odd(errno))
    return error_system(error, errno, "cannot read", file);
  if (opened < 0)
    return error_set(error, CHARTS_FORMAT, "%s: expected a regular file of at most %zu bytes", file, most);
  if ((uint64_t)status.st_size > most)
    result = error_set(error, CHARTS_FORMAT, "%s: expected a regular file of at most %zu bytes", file, most);
  else
    result = read_all(text, opened, (size_t)status.st_size, file, error);
  (void)close(opened);
  return result;
}

charts_status storage_get(buffer *text, int directory_file, const char *folder, const char *file, size_t most,
                          charts_error *error) {
  int opened = -1;
  charts_status status = open_folder(&opened, directory_file, folder, error);
  if (status == CHARTS_NOT_FOUND)
    return error_set(error, CHARTS_NOT_FOUND, "there is no %s", file);
  if (status != CHARTS_OK)
    return status;
  status = get_at(text, opened, file, most, error);
  (void)close(opened);
  return status;
}

bool storage_read_next(int directory_file, double *next) {
  char text[32] = {0};
  size_t got = 0;
  int file = beneath_file(directory_file, ".charts/next", O_RDONLY, NULL);
  if (file < 0)
    return false;
  charts_status status = filebytes_read(file, "next", text, sizeof text - 1, 0, &got, NULL);
  (void)close(file);
  if (status != CHARTS_OK || got < 2 || text[got - 1] != '\n' || strspn(text, "0123456789") != got - 1 || got > 16)
    return false;
  *next = (double)strtoll(text, NULL, 10);
  return true;
}

charts_status storage_write_next(int directory_file, const char *path, double next, bool sync, charts_error *error) {
  char text[32];
  int folder = -1;
  int length = snprintf(text, sizeof text, "%.0f\n", next);
  if (length < 0 || (size_t)length >= sizeof text)
    return error_set(error, CHARTS_INTERNAL, "the next index of %s is beyond all bounds", path);
  charts_status status = open_folder(&folder, directory_file, "", error);
  if (status != CHARTS_OK)
    return status;
  status = put_at(folder, "next", text, (size_t)length, sync, path, error);
  (void)close(folder);
  return status;
}
