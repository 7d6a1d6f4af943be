#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ALWAYS = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, PART_ROOM = 256 };

/* Where there is no openat2 (an old kernel, a container that filters system calls): one part of the path after the
 * other, none of them a link. */
static int walk(int folder, const char *path, int flags, mode_t mode) {
  int at = folder;
  for (;;) {
    char part[PART_ROOM];
    const char *slash = strchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : strlen(path);
    int opened = -1;
    int number = length == 0 ? ENOENT : length < PART_ROOM ? 0 : ENAMETOOLONG;
    if (number == 0) {
      memcpy(part, path, length);
      part[length] = '\0';
      if (strcmp(part, "..") == 0)
        number = EXDEV;
      else
        opened = openat(at, part, slash == NULL ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, mode);
    }
    if (number == 0 && opened < 0)
      number = errno == ENOTDIR && slash != NULL ? ELOOP : errno;
    if (at != folder)
      (void)close(at);
    errno = number;
    if (opened < 0 || slash == NULL)
      return opened;
    at = opened;
    path = slash + 1;
  }
}

static int open_resolved(int folder, const char *path, int flags, mode_t mode, uint64_t resolve) {
  static atomic_bool missing;
  struct open_how how = {.flags = (uint64_t)(unsigned)flags, .mode = mode, .resolve = resolve};
  while (!atomic_load(&missing)) {
    long opened = syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (opened >= 0)
      return (int)opened;
    if (errno == ENOSYS)
      atomic_store(&missing, true);
    else if (errno == EPERM) /* what a filter of system calls may say too */
      break;
    else if (errno != EINTR) /* EAGAIN: somebody holds a lease on the file */
      return -1;
  }
  if ((resolve & RESOLVE_BENEATH) != 0 && path[0] == '/') {
    errno = EXDEV;
    return -1;
  }
  if (path[0] != '/')
    return walk(folder, path, flags, mode);
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return -1;
  int opened = walk(root, path[1] != '\0' ? path + 1 : ".", flags, mode);
  int number = errno;
  (void)close(root);
  errno = number;
  return opened;
}

static int open_beneath(int folder, const char *path, int flags, mode_t mode) {
  return open_resolved(folder, path, flags | ALWAYS, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int beneath_file(int folder, const char *path, int flags, struct stat *status) {
  struct stat own;
  int opened = open_beneath(folder, path, flags, 0);
  if (opened < 0)
    return -1;
  int number = fstat(opened, &own) != 0 ? errno : S_ISREG(own.st_mode) ? 0 : ENODEV;
  if (number != 0) {
    (void)close(opened);
    errno = number;
    return -1;
  }
  if (status != NULL)
    *status = own;
  return opened;
}

int beneath_create(int folder, const char *path, mode_t mode) {
  return open_beneath(folder, path, O_RDWR | O_CREAT | O_EXCL, mode);
}

int beneath_folder(int folder, const char *path) {
  return open_beneath(folder, path, O_RDONLY | O_DIRECTORY, 0);
}

int beneath_real(const char *path) {
  return open_resolved(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | ALWAYS, 0, RESOLVE_NO_SYMLINKS);
}

int beneath_place(const char *path) {
  return open_resolved(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
}

bool beneath_is_odd(int number) {
  return number == ELOOP || number == ENXIO || number == ENODEV || number == EISDIR || number == ENOTDIR ||
         number == EXDEV;
}
