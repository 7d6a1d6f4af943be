#include "filebytes.h"

#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

charts_status filebytes_read(int file, const char *name, char *bytes, size_t length, uint64_t offset, size_t *got,
                             charts_error *error) {
  *got = 0;
  if (worker_stopped())
    return error_set(error, CHARTS_INTERRUPTED, "%s: the reading was ended", name);
  while (*got < length) {
    ssize_t read = pread(file, bytes + *got, length - *got, (off_t)(offset + *got));
    if (read < 0 && errno == EINTR)
      continue;
    if (read < 0)
      return error_system(error, errno, "cannot read", name);
    if (read == 0)
      break;
    *got += (size_t)read;
  }
  return CHARTS_OK;
}

static bool is_hole(int file, uint64_t start, uint64_t end) {
  off_t data = lseek(file, (off_t)start, SEEK_DATA);
  return data >= 0 ? (uint64_t)data >= end : errno == ENXIO;
}

/* Looks back in steps that grow while they meet nothing: a hole of terabytes is passed at once. */
uint64_t filebytes_hole(int file, uint64_t start, uint64_t end) {
  const uint64_t least = 1 << 16;
  uint64_t step = least;
  uint64_t from = end;
  while (from > start) {
    uint64_t next = from - start > step ? from - step : start;
    bool hole = is_hole(file, next, from);
    if (!hole && step == least)
      break;
    from = hole ? next : from;
    step = hole ? step * 2 : least;
  }
  return end - from;
}

/* Writes what one system call takes; at `offset`, or where that is -1 behind what was written last. The signal of a
 * file that would grow too long is taken back before the host's thread can get it. */
static ssize_t write_some(int file, const char *bytes, size_t length, off_t offset) {
  sigset_t limit;
  sigset_t before;
  sigset_t waiting;
  (void)sigemptyset(&limit);
  (void)sigaddset(&limit, SIGXFSZ);
  bool masked = pthread_sigmask(SIG_BLOCK, &limit, &before) == 0;
  bool waits = sigpending(&waiting) == 0 && sigismember(&waiting, SIGXFSZ) == 1; /* the host's own */
  ssize_t written = offset >= 0 ? pwrite(file, bytes, length, offset) : write(file, bytes, length);
  int number = errno;
  if (masked) {
    if (written < 0 && number == EFBIG && !waits)
      (void)sigtimedwait(&limit, NULL, &(struct timespec){0, 0});
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  errno = number;
  return written;
}

static charts_status write_all(int file, const char *name, const char *bytes, size_t length, off_t offset,
                               charts_error *error) {
  while (length > 0) {
    ssize_t written = write_some(file, bytes, length, offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return error_system(error, written < 0 ? errno : ENOSPC, "cannot write", name);
    bytes += written;
    length -= (size_t)written;
    offset += offset >= 0 ? (off_t)written : 0;
  }
  return CHARTS_OK;
}

charts_status filebytes_write(int file, const char *name, const void *bytes, size_t length, uint64_t offset,
                              charts_error *error) {
  return write_all(file, name, bytes, length, (off_t)offset, error);
}

charts_status filebytes_add(int file, const char *name, const void *bytes, size_t length, charts_error *error) {
  return write_all(file, name, bytes, length, -1, error);
}

charts_status filebytes_sync(int file, const char *name, charts_error *error) {
  while (fsync(file) != 0) {
    if (errno == EINTR)
      continue;
    if (errno == EINVAL || errno == ENOTSUP)
      return CHARTS_OK;
    return error_system(error, errno, "cannot make durable", name);
  }
  return CHARTS_OK;
}
