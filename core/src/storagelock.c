/* The locks of a chart directory; declared in storage.h. */
#include "storage.h"

#include "beneath.h"
#include "clock.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LOCK_SECONDS = 10, SHARE_SECONDS = 2, PATIENCE_MS = 500 };

static const char lock_path[] = ".charts/lock";

/* FORMAT.md, section 1: byte 0 is the directory's, 2^42 that of the temporaries, those up to 2^40 are of series; the
 * bytes of the queues stand 2^41 behind those of the locks. */
static const uint64_t directory_byte = 0;
static const uint64_t temporaries_byte = UINT64_C(1) << 42;
static const uint64_t queue = UINT64_C(1) << 41;

/* Tries to take or release a lock of one byte. */
static bool set_lock(int file, short type, uint64_t byte) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

/* Whether somebody else has waited for long for the lock of a byte: whoever comes later lets him go first. */
static bool is_queued(int file, uint64_t byte) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)(queue + byte), .l_len = 1};
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
        (void)set_lock(file, F_UNLCK, queue + byte);
      return true;
    }
    int64_t waited = now_ms() - began;
    if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || waited > (int64_t)seconds * 1000 || worker_stopped())
      return false; /* the caller releases all that the file has, the place in the queue too */
    if (!first && type == F_WRLCK && waited > PATIENCE_MS)
      first = set_lock(file, F_WRLCK, queue + byte);
    (void)nanosleep(&nap, NULL);
    if (nap.tv_nsec < 2000000) /* who waits longer between looks is overtaken by others for ever */
      nap.tv_nsec *= 2;
  }
}

static uint64_t series_byte(const char *file) {
  return 1 + (hash_bytes(file, strlen(file)) & ((UINT64_C(1) << 40) - 1));
}

/* Opens the lock file, made when it is missing. Its mode follows the directory's whatever the umask is, so that who may
 * write in a shared directory may also lock it. */
static int open_lock(int folder) {
  struct stat status;
  for (int attempt = 0; attempt < 2; attempt++) {
    int file = beneath_file(folder, lock_path, O_RDWR, NULL);
    if (file >= 0 || errno != ENOENT)
      return file;
    file = beneath_create(folder, lock_path, 0600);
    if (file >= 0 && fstat(folder, &status) == 0)
      (void)fchmod(file, (status.st_mode & 0666) | 0600);
    if (file >= 0 || errno != EEXIST)
      return file;
  }
  return -1;
}

/* What a file system without locks says: NFS before version 4 or without its lock service, some FUSE. */
static bool knows_no_locks(int number) {
  return number == ENOLCK || number == ENOSYS || number == ENOTSUP || number == EINVAL;
}

static charts_status lock_take(storage_lock *lock, int folder, short type, uint64_t byte, const char *path,
                               charts_error *error) {
  lock->file = open_lock(folder);
  if (lock->file < 0)
    return error_system(error, errno, "cannot lock the chart directory", path);
  if (wait_for_lock(lock->file, type, byte, LOCK_SECONDS))
    return CHARTS_OK;
  int number = errno;
  storage_lock_release(lock);
  if (worker_stopped())
    return error_set(error, CHARTS_INTERRUPTED, "%s: the waiting for its lock was ended", path);
  if (knows_no_locks(number))
    return error_set(error, CHARTS_IO,
                     "cannot lock the chart directory %s: its file system has no locks (of NFS, version 4 has)", path);
  if (number != EAGAIN && number != EACCES && number != EINTR)
    return error_system(error, number, "cannot lock the chart directory", path);
  return error_set(error, CHARTS_REFUSED, "the chart directory %s stayed locked by another process for %d seconds",
                   path, (int)LOCK_SECONDS);
}

static storage_share lock_share(storage_lock *lock, int folder, uint64_t byte) {
  lock->file = beneath_file(folder, lock_path, O_RDONLY, NULL);
  if (lock->file < 0)
    return STORAGE_NO_LOCK;
  if (wait_for_lock(lock->file, F_RDLCK, byte, SHARE_SECONDS))
    return STORAGE_SHARED;
  bool locked = errno == EAGAIN || errno == EACCES || errno == EINTR;
  storage_lock_release(lock);
  return locked ? STORAGE_LOCKED : STORAGE_NO_LOCK;
}

charts_status storage_lock_take(storage_lock *lock, int folder, const char *path, charts_error *error) {
  return lock_take(lock, folder, F_WRLCK, directory_byte, path, error);
}

storage_share storage_lock_share(storage_lock *lock, int folder) {
  return lock_share(lock, folder, directory_byte);
}

charts_status storage_lock_take_series(storage_lock *lock, int folder, const char *file, const char *path,
                                       charts_error *error) {
  return lock_take(lock, folder, F_WRLCK, series_byte(file), path, error);
}

void storage_lock_share_series(storage_lock *lock, int folder, const char *file) {
  (void)lock_share(lock, folder, series_byte(file));
}

static bool lock_try(storage_lock *lock, int folder, uint64_t byte) {
  struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
  lock->file = open_lock(folder);
  if (lock->file >= 0 && fcntl(lock->file, F_OFD_SETLK, &wanted) != 0)
    storage_lock_release(lock);
  return lock->file >= 0;
}

bool storage_lock_try_series(storage_lock *lock, int folder, const char *file) {
  return lock_try(lock, folder, series_byte(file));
}

charts_status storage_lock_temporaries(storage_lock *lock, int folder, const char *path, charts_error *error) {
  return lock_take(lock, folder, F_RDLCK, temporaries_byte, path, error);
}

bool storage_lock_try_temporaries(storage_lock *lock, int folder) {
  return lock_try(lock, folder, temporaries_byte);
}

void storage_lock_release(storage_lock *lock) {
  if (lock->file >= 0) {
    /* A child that was forked meanwhile shares the lock, which closing would leave to it. */
    struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    (void)fcntl(lock->file, F_OFD_SETLK, &none);
    (void)close(lock->file);
  }
  lock->file = -1;
}
