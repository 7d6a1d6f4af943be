#include "filebytes.h"

#include "worker.h"

#include <errno.h>
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

charts_status filebytes_write(int file, const char *name, const void *bytes, size_t length, uint64_t offset,
                              charts_error *error) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = pwrite(file, at, length, (off_t)offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return error_system(error, written < 0 ? errno : ENOSPC, "cannot write", name);
    at += written;
    length -= (size_t)written;
    offset += (uint64_t)written;
  }
  return CHARTS_OK;
}
