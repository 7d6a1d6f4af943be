#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_SECONDS = 10, SHARE_SECONDS = 2, PATIENCE_MS = 500 };

/* FORMAT.md, section 1: the bytes of the queues stand so far behind those of the locks. */
static const uint64_t QUEUE = UINT64_C(1) << 41;

static int64_t now_ms(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tries to take or release a lock of one byte. */
static bool set_lock(int file, short type, uint64_t byte) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

/* Whether somebody else has waited for long for the lock of a byte: whoever comes later lets him go first. */
static bool is_queued(int file, uint64_t byte) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)(QUEUE + byte), .l_len = 1};
  return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Waits for an open file description lock: those belong to the descriptor and not to the process, so that threads
 * exclude each other too and closing some other descriptor of the file drops nothing. There is no wait with a limit,
 * hence the short naps. Who naps is overtaken by who comes just then: so who has waited for half a second stands in a
 * queue of one, before which nobody else tries. */
static bool wait_for_lock(int file, short type, uint64_t byte, int seconds) {
  struct timespec nap = {0, 200000};
  int64_t began = now_ms();
  bool first = false;
  for (;;) {
    if (!first && is_queued(file, byte)) {
      errno = EAGAIN;
    } else if (set_lock(file, type, byte)) {
      if (first)
        (void)set_lock(file, F_UNLCK, QUEUE + byte);
      return true;
    }
    int64_t waited = now_ms() - began;
    if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || waited > (int64_t)seconds * 1000)
      return false; /* the caller closes the file, and with it goes the place in the queue */
    if (!first && type == F_WRLCK && waited > PATIENCE_MS)
      first = set_lock(file, F_WRLCK, QUEUE + byte);
    (void)nanosleep(&nap, NULL);
    if (nap.tv_nsec < 2000000) /* who waits longer between looks is overtaken by others for ever */
      nap.tv_nsec *= 2;
  }
}

/* Opens the lock file, made when it is missing. Its mode follows the directory's whatever the umask is, so that who may
 * write in a shared directory may also lock it. */
static int open_lock(int folder) {
  enum { FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };
  struct stat status;
  for (int attempt = 0; attempt < 2; attempt++) {
    int file = openat(folder, ".charts/lock", FLAGS);
    if (file >= 0 || errno != ENOENT)
      return file;
    file = openat(folder, ".charts/lock", FLAGS | O_CREAT | O_EXCL, 0600);
    if (file >= 0 && fstat(folder, &status) == 0)
      (void)fchmod(file, (status.st_mode & 0666) | 0600);
    if (file >= 0 || errno != EEXIST)
      return file;
  }
  return -1;
}

static charts_status lock_take(storage_lock *lock, int folder, uint64_t byte, const char *path, charts_error *error) {
  lock->file = open_lock(folder);
  if (lock->file < 0)
    return error_system(error, errno, "cannot lock the chart directory", path);
  if (wait_for_lock(lock->file, F_WRLCK, byte, LOCK_SECONDS))
    return CHARTS_OK;
  int number = errno;
  storage_lock_release(lock);
  if (number != EAGAIN && number != EACCES && number != EINTR)
    return error_system(error, number, "cannot lock the chart directory", path);
  return error_set(error, CHARTS_REFUSED, "the chart directory %s stayed locked by another process for %d seconds",
                   path, (int)LOCK_SECONDS);
}

static storage_share lock_share(storage_lock *lock, int folder, uint64_t byte) {
  lock->file = openat(folder, ".charts/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (lock->file < 0)
    return STORAGE_NO_LOCK;
  if (wait_for_lock(lock->file, F_RDLCK, byte, SHARE_SECONDS))
    return STORAGE_SHARED;
  bool locked = errno == EAGAIN || errno == EACCES || errno == EINTR;
  storage_lock_release(lock);
  return locked ? STORAGE_LOCKED : STORAGE_NO_LOCK;
}

/* FORMAT.md, section 1: byte 0 is the directory's. */
static uint64_t series_byte(const char *file) {
  return 1 + (hash_bytes(file, strlen(file)) & ((UINT64_C(1) << 40) - 1));
}

charts_status storage_lock_take(storage_lock *lock, int folder, const char *path, charts_error *error) {
  return lock_take(lock, folder, 0, path, error);
}

storage_share storage_lock_share(storage_lock *lock, int folder) {
  return lock_share(lock, folder, 0);
}

charts_status storage_lock_take_series(storage_lock *lock, int folder, const char *file, const char *path,
                                       charts_error *error) {
  return lock_take(lock, folder, series_byte(file), path, error);
}

void storage_lock_share_series(storage_lock *lock, int folder, const char *file) {
  (void)lock_share(lock, folder, series_byte(file));
}

void storage_lock_release(storage_lock *lock) {
  if (lock->file >= 0)
    (void)close(lock->file);
  lock->file = -1;
}

charts_status storage_make_folder(int folder, const char *name, const char *path, charts_error *error) {
  struct stat status;
  if (mkdirat(folder, name, 0777) == 0) {
    int made = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
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

charts_status storage_temporary(int *file, char name[FILE_NAME_ROOM], int folder, const char *path,
                                charts_error *error) {
  static atomic_uint counter;
  for (int attempt = 0; attempt < 1000; attempt++) {
    (void)snprintf(name, FILE_NAME_ROOM, ".%jd.%u.tmp", (intmax_t)getpid(), atomic_fetch_add(&counter, 1));
    *file = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*file >= 0)
      return CHARTS_OK;
    if (errno != EEXIST)
      break;
  }
  int number = errno;
  name[0] = '\0';
  return error_system(error, number, "cannot write in", path);
}

charts_status storage_write(int file, const char *bytes, size_t length, charts_error *error) {
  while (length > 0) {
    ssize_t written = write(file, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return error_system(error, written < 0 ? errno : ENOSPC, "cannot write", "a file of the chart directory");
    bytes += written;
    length -= (size_t)written;
  }
  return CHARTS_OK;
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

charts_status storage_close(int file, charts_status status, const char *name, charts_error *error) {
  if (close(file) != 0 && errno != EINTR && status == CHARTS_OK)
    return error_system(error, errno, "cannot write", name);
  return status;
}

static charts_status open_folder(int *opened, int directory_file, const char *folder, bool make, const char *path,
                                 charts_error *error) {
  char name[64];
  (void)snprintf(name, sizeof name, ".charts/%s", folder);
  charts_status status = make ? storage_make_folder(directory_file, name, path, error) : CHARTS_OK;
  if (status != CHARTS_OK)
    return status;
  *opened = openat(directory_file, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (*opened >= 0)
    return CHARTS_OK;
  if (errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no %s here", name);
  return error_system(error, errno, "cannot open", name);
}

/* Writes a temporary in `folder` and gives it its name. */
static charts_status put_at(int folder, const char *file, const char *bytes, size_t length, const char *path,
                            charts_error *error) {
  char temporary[FILE_NAME_ROOM];
  int written = -1;
  charts_status status = storage_temporary(&written, temporary, folder, path, error);
  if (status != CHARTS_OK)
    return status;
  status = storage_close(written, storage_write(written, bytes, length, error), file, error);
  if (status == CHARTS_OK && renameat(folder, temporary, folder, file) != 0)
    status = error_system(error, errno, "cannot write", file);
  if (status != CHARTS_OK)
    (void)unlinkat(folder, temporary, 0);
  return status;
}

charts_status storage_put(int directory_file, const char *folder, const char *file, const char *bytes, size_t length,
                          size_t most, const char *path, charts_error *error) {
  int opened = -1;
  if (length > most)
    return error_set(error, CHARTS_LIMIT, "%s: expected at most %zu bytes, got %zu", file, most, length);
  charts_status status = open_folder(&opened, directory_file, folder, true, path, error);
  if (status != CHARTS_OK)
    return status;
  status = put_at(opened, file, bytes, length, path, error);
  (void)close(opened);
  return status;
}

static charts_status read_all(buffer *text, int file, size_t size, const char *name, charts_error *error) {
  char *room = buffer_room(text, size);
  if (room == NULL)
    return error_memory(error);
  while (text->length < size) {
    ssize_t got = pread(file, text->bytes + text->length, size - text->length, (off_t)text->length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return error_system(error, errno, "cannot read", name);
    if (got == 0)
      break;
    text->length += (size_t)got;
  }
  text->bytes[text->length] = '\0';
  return CHARTS_OK;
}

static charts_status get_at(buffer *text, int folder, const char *file, size_t most, charts_error *error) {
  struct stat status;
  int opened = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (opened < 0 && errno == ENOENT)
    return error_set(error, CHARTS_NOT_FOUND, "there is no %s", file);
  if (opened < 0)
    return error_system(error, errno, "cannot read", file);
  charts_status result;
  if (fstat(opened, &status) != 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size > most)
    result = error_set(error, CHARTS_FORMAT, "%s: expected a regular file of at most %zu bytes", file, most);
  else
    result = read_all(text, opened, (size_t)status.st_size, file, error);
  (void)close(opened);
  return result;
}

charts_status storage_get(buffer *text, int directory_file, const char *folder, const char *file, size_t most,
                          charts_error *error) {
  int opened = -1;
  charts_status status = open_folder(&opened, directory_file, folder, false, "", error);
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
  int file = openat(directory_file, ".charts/next", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    return false;
  ssize_t got = read(file, text, sizeof text - 1);
  (void)close(file);
  if (got < 2 || text[got - 1] != '\n' || strspn(text, "0123456789") != (size_t)got - 1 || got > 16)
    return false;
  *next = (double)strtoll(text, NULL, 10);
  return true;
}

charts_status storage_write_next(int directory_file, const char *path, double next, charts_error *error) {
  char text[32];
  int length = snprintf(text, sizeof text, "%.0f\n", next);
  if (length < 0 || (size_t)length >= sizeof text)
    return error_set(error, CHARTS_INTERNAL, "the next index of %s is beyond all bounds", path);
  int folder = openat(directory_file, ".charts", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (folder < 0)
    return error_system(error, errno, "cannot open .charts of", path);
  charts_status status = put_at(folder, "next", text, (size_t)length, path, error);
  (void)close(folder);
  return status;
}
