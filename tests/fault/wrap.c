/* The wrapped calls: each asks whether it is to fail, and with which error. */
#include "wrap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A call that fails like most: -1 and errno. */
#define WRAP(type, call, parameters, arguments, failed, ...)                                                           \
  type __real_##call parameters;                                                                                       \
  type __wrap_##call parameters;                                                                                       \
  type __wrap_##call parameters {                                                                                      \
    static const wrapped of = {.name = #call, __VA_ARGS__};                                                            \
    return wrap_strikes(&of, WRAPPED_FILE) ? (type)(failed) : __real_##call arguments;                                 \
  }
/* One that gives its error. */
#define WRAP_NUMBER(call, parameters, arguments, ...)                                                                  \
  int __real_##call parameters;                                                                                        \
  int __wrap_##call parameters;                                                                                        \
  int __wrap_##call parameters {                                                                                       \
    static const wrapped of = {.name = #call, __VA_ARGS__};                                                            \
    return wrap_strikes(&of, WRAPPED_FILE) ? errno : __real_##call arguments;                                          \
  }

/* ---- Memory ---- */

#define WRAPPED_FILE -1, NULL

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static const wrapped allocation = {.name = "malloc", .errors = {ENOMEM}, .memory = true};

void *__wrap_malloc(size_t size) {
  return wrap_strikes(&allocation, WRAPPED_FILE) ? NULL : wrap_block_add(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return wrap_strikes(&allocation, WRAPPED_FILE) ? NULL : wrap_block_add(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size) {
  if (wrap_strikes(&allocation, WRAPPED_FILE))
    return NULL;
  wrap_block_remove(memory);
  void *moved = __real_realloc(memory, size);
  (void)wrap_block_add(moved != NULL ? moved : memory);
  return moved;
}

void __wrap_free(void *memory) {
  wrap_block_remove(memory);
  __real_free(memory);
}

void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void *memory, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *memory, size_t size);

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  static const wrapped of = {.name = "mmap", .errors = {ENOMEM}, .memory = true};
  void *mapped = wrap_strikes(&of, WRAPPED_FILE) ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);
  return mapped == MAP_FAILED ? mapped : wrap_block_add(mapped);
}

int __wrap_munmap(void *memory, size_t size) {
  wrap_block_remove(memory);
  return __real_munmap(memory, size);
}

char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved) {
  static const wrapped of = {.name = "realpath", .errors = {ENOMEM, EIO, EACCES}};
  return wrap_strikes(&of, -1, path) ? NULL : wrap_block_add(__real_realpath(path, resolved));
}

WRAP(char *, getcwd, (char *room, size_t size), (room, size), NULL, .errors = {ENOENT, ENOMEM})

WRAP_NUMBER(pthread_create, (pthread_t * thread, const pthread_attr_t *how, void *(*begin)(void *), void *context),
            (thread, how, begin, context), .errors = {EAGAIN})
WRAP(int, sched_getaffinity, (pid_t of_process, size_t size, cpu_set_t *mask), (of_process, size, mask), -1,
     .errors = {ENOSYS})
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), -1, .errors = {EMFILE, ENFILE, ENOMEM})
WRAP(ssize_t, getrandom, (void *room, size_t size, unsigned flags), (room, size, flags), -1, .errors = {ENOSYS})

/* ---- Files by their names ---- */

static _Atomic long ahead; /* ms */

void inject_ahead(long ms) {
  ahead = ms;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
  int done = __real_clock_gettime(clock, now);
  now->tv_sec += ahead / 1000;
  now->tv_nsec += ahead % 1000 * 1000000;
  if (now->tv_nsec >= 1000000000) {
    now->tv_sec++;
    now->tv_nsec -= 1000000000;
  }
  return done;
}

#undef WRAPPED_FILE
#define WRAPPED_FILE -1, path

int __real_faccessat(int folder, const char *path, int mode, int flags);
int __real_renameat(int from, const char *path, int to, const char *name);

int __wrap_renameat(int from, const char *path, int to, const char *name);
/* A name that is there already takes no room. */
int __wrap_renameat(int from, const char *path, int to, const char *name) {
  static const wrapped making = {.name = "renameat", .errors = {ENOSPC, EIO, EDQUOT, EACCES}, .takes_room = true};
  static const wrapped replacing = {.name = "renameat over", .errors = {EIO, EACCES, EBUSY}};
  bool there = __real_faccessat(to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  return wrap_strikes(there ? &replacing : &making, -1, path) ? -1 : __real_renameat(from, path, to, name);
}

int __real_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap___open_2(const char *path, int flags);
int __wrap___openat_2(int folder, const char *path, int flags);

static bool open_strikes(const char *path, int flags) {
  static const wrapped making = {.name = "open to make", .errors = {ENOSPC, EDQUOT, EMFILE, EIO}, .takes_room = true};
  static const wrapped opening = {.name = "open", .errors = {EMFILE, ENFILE, EIO, ENOMEM}};
  return wrap_strikes((flags & O_CREAT) != 0 ? &making : &opening, -1, path);
}

int __wrap_open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_strikes(path, flags) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_strikes(path, flags) ? -1 : __real_openat(folder, path, flags, mode);
}

int __wrap___open_2(const char *path, int flags) {
  return open_strikes(path, flags) ? -1 : __real_open(path, flags);
}

int __wrap___openat_2(int folder, const char *path, int flags) {
  return open_strikes(path, flags) ? -1 : __real_openat(folder, path, flags);
}

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1, .errors = {ENOSPC, EDQUOT, EIO}, .takes_room = true)
WRAP(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), -1,
     .errors = {ENOSPC, EDQUOT, EIO}, .takes_room = true)
WRAP(int, fstatat, (int folder, const char *path, struct stat *status, int flags), (folder, path, status, flags), -1,
     .errors = {EIO, ENOMEM})
WRAP(int, stat, (const char *path, struct stat *status), (path, status), -1, .errors = {EIO, ENOMEM})
WRAP(int, lstat, (const char *path, struct stat *status), (path, status), -1, .errors = {EIO, ENOMEM})
WRAP(int, statfs, (const char *path, struct statfs *status), (path, status), -1, .errors = {EIO, ENOMEM})
WRAP(int, access, (const char *path, int mode), (path, mode), -1, .errors = {EIO, ENOMEM})
WRAP(int, faccessat, (int folder, const char *path, int mode, int flags), (folder, path, mode, flags), -1,
     .errors = {EIO, ENOMEM})
WRAP(int, linkat, (int from, const char *path, int to, const char *name, int flags), (from, path, to, name, flags), -1,
     .errors = {ENOSPC, EPERM, EDQUOT, EMLINK}, .takes_room = true)
WRAP(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), -1, .errors = {EIO, EBUSY},
     .tidying = true)
WRAP(int, unlink, (const char *path), (path), -1, .errors = {EIO, EBUSY}, .tidying = true)
WRAP(DIR *, opendir, (const char *path), (path), NULL, .errors = {EMFILE, ENOMEM, EIO})
WRAP(int, scandirat,
     (int folder, const char *path, struct dirent ***found, int (*wanted)(const struct dirent *),
      int (*order)(const struct dirent **, const struct dirent **)),
     (folder, path, found, wanted, order), -1, .errors = {ENOMEM, EMFILE})
WRAP(int, inotify_add_watch, (int notify, const char *path, uint32_t mask), (notify, path, mask), -1,
     .errors = {ENOSPC, ENOMEM})

/* ---- Files by their descriptors ---- */

#undef WRAPPED_FILE
#define WRAPPED_FILE file, NULL

WRAP(int, fstat, (int file, struct stat *status), (file, status), -1, .errors = {EIO, ENOMEM})
WRAP(off_t, lseek, (int file, off_t offset, int whence), (file, offset, whence), -1, .errors = {EIO, EINVAL})
WRAP(int, ftruncate, (int file, off_t size), (file, size), -1, .errors = {EIO, EPERM}, .interruptible = true)
WRAP(int, futimens, (int file, const struct timespec *times), (file, times), -1, .errors = {EIO, EPERM})
WRAP(int, fchmod, (int file, mode_t mode), (file, mode), -1, .errors = {EIO, EPERM})
WRAP(int, fsync, (int file), (file), -1, .errors = {EIO, ENOSPC, EDQUOT}, .takes_room = true)
WRAP(int, fdatasync, (int file), (file), -1, .errors = {EIO, ENOSPC, EDQUOT}, .takes_room = true)
WRAP(DIR *, fdopendir, (int file), (file), NULL, .errors = {ENOMEM})
WRAP(int, shutdown, (int file, int how), (file, how), -1, .errors = {ENOTCONN})

/* Closes in any case, as Linux does. */
int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
  static const wrapped of = {.name = "close", .errors = {EIO, ENOSPC, EDQUOT}, .interruptible = true};
  bool strikes = wrap_strikes(&of, file, NULL);
  int number = errno;
  int closed = __real_close(file);
  if (!strikes)
    return closed;
  errno = number;
  return -1;
}

struct dirent *__real_readdir(DIR *folder);
struct dirent *__wrap_readdir(DIR *folder);
struct dirent *__wrap_readdir(DIR *folder) {
  static const wrapped of = {.name = "readdir", .errors = {EIO}};
  return wrap_strikes(&of, dirfd(folder), NULL) ? NULL : __real_readdir(folder);
}

static const wrapped reading = {.name = "read", .errors = {EIO}, .interruptible = true, .moves = true};
static const wrapped writing = {
    .name = "write", .errors = {ENOSPC, EDQUOT, EIO, EFBIG}, .takes_room = true, .interruptible = true, .moves = true};

ssize_t __real_read(int file, void *room, size_t size);
ssize_t __real_pread(int file, void *room, size_t size, off_t at);
ssize_t __real_write(int file, const void *bytes, size_t size);
ssize_t __real_pwrite(int file, const void *bytes, size_t size, off_t at);
ssize_t __wrap_read(int file, void *room, size_t size);
ssize_t __wrap_pread(int file, void *room, size_t size, off_t at);
ssize_t __wrap_write(int file, const void *bytes, size_t size);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t at);

ssize_t __wrap_read(int file, void *room, size_t size) {
  return wrap_strikes(&reading, file, NULL) ? -1 : __real_read(file, room, wrap_shorten(&reading, file, size));
}

ssize_t __wrap_pread(int file, void *room, size_t size, off_t at) {
  return wrap_strikes(&reading, file, NULL) ? -1 : __real_pread(file, room, wrap_shorten(&reading, file, size), at);
}

/* A disk that is full takes a part of a write first. */
static bool takes_part(size_t *size) {
  if (!wrap_takes_part(*size))
    return false;
  *size = (*size + 1) / 2;
  return true;
}

/* Adding to an event's counter takes no room: it cannot fail. */
ssize_t __wrap_write(int file, const void *bytes, size_t size) {
  if (wrap_is_event(file))
    return __real_write(file, bytes, size);
  if (wrap_strikes(&writing, file, NULL))
    return takes_part(&size) ? __real_write(file, bytes, size) : -1;
  return __real_write(file, bytes, wrap_shorten(&writing, file, size));
}

/* What a file has the room for already can be written on a full disk too. */
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t at) {
  static const wrapped over = {.name = "write over", .errors = {EIO}, .interruptible = true, .moves = true};
  struct stat status;
  if (__real_fstat(file, &status) == 0 && at + (off_t)size <= status.st_size)
    return wrap_strikes(&over, file, NULL) ? -1 : __real_pwrite(file, bytes, wrap_shorten(&over, file, size), at);
  if (wrap_strikes(&writing, file, NULL))
    return takes_part(&size) ? __real_pwrite(file, bytes, size, at) : -1;
  return __real_pwrite(file, bytes, wrap_shorten(&writing, file, size), at);
}

int __real_fcntl(int file, int what, ...);
int __wrap_fcntl(int file, int what, ...);
int __wrap_fcntl(int file, int what, ...) {
  static const wrapped lock = {.name = "fcntl", .errors = {ENOLCK, EIO}, .interruptible = true};
  static const wrapped copy = {.name = "fcntl to copy", .errors = {EMFILE}};
  va_list rest;
  va_start(rest, what);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  bool locks = what == F_OFD_SETLK || what == F_OFD_GETLK;
  if (wrap_strikes(locks ? &lock : &copy, file, NULL))
    return -1;
  return __real_fcntl(file, what, argument);
}

/* Of the system calls without a function: openat2, by which the files of chart directories are opened. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  static const wrapped making = {
      .name = "openat2 to make", .errors = {ENOSPC, EDQUOT, EMFILE, EIO}, .takes_room = true, .interruptible = true};
  static const wrapped opening = {.name = "openat2", .errors = {EMFILE, ENFILE, EIO, ENOMEM}, .interruptible = true};
  static const wrapped other = {.name = "syscall", .errors = {EMFILE, ENOMEM}};
  long arguments[5];
  va_list rest;
  va_start(rest, number);
  for (size_t i = 0; i < 5; i++)
    arguments[i] = va_arg(rest, long);
  va_end(rest);
  bool opens = number == SYS_openat2;
  const struct open_how *how = opens ? (const struct open_how *)arguments[2] : NULL;
  const wrapped *of = !opens ? &other : (how->flags & O_CREAT) != 0 ? &making : &opening;
  if (wrap_strikes(of, -1, opens ? (const char *)arguments[1] : NULL))
    return -1;
  return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
}

/* ---- Sockets, events, processes ---- */

#undef WRAPPED_FILE
#define WRAPPED_FILE -1, NULL

WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1,
     .errors = {EMFILE, ENFILE, ENOMEM})
WRAP(int, connect, (int file, const struct sockaddr *to, socklen_t size), (file, to, size), -1,
     .errors = {ECONNREFUSED, EAGAIN, ETIMEDOUT})
WRAP(int, getsockname, (int file, struct sockaddr *name, socklen_t *size), (file, name, size), -1, .errors = {ENOBUFS})
WRAP(int, getpeername, (int file, struct sockaddr *name, socklen_t *size), (file, name, size), -1,
     .errors = {ENOBUFS, ENOTCONN})
WRAP(int, getsockopt, (int file, int level, int name, void *value, socklen_t *size), (file, level, name, value, size),
     -1, .errors = {ENOMEM})
WRAP(int, poll, (struct pollfd * items, nfds_t count, int wait), (items, count, wait), -1, .errors = {ENOMEM},
     .interruptible = true)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1, .errors = {EMFILE, ENFILE, ENOMEM})
WRAP(int, inotify_init1, (int flags), (flags), -1, .errors = {EMFILE, ENFILE, ENOMEM})
WRAP(int, inotify_rm_watch, (int notify, int watch), (notify, watch), -1, .errors = {EINVAL})
WRAP(int, pipe2, (int ends[2], int flags), (ends, flags), -1, .errors = {EMFILE, ENFILE})
WRAP_NUMBER(posix_spawn,
            (pid_t * child, const char *path, const posix_spawn_file_actions_t *files, const posix_spawnattr_t *how,
             char *const *arguments, char *const *environment),
            (child, path, files, how, arguments, environment), .errors = {EAGAIN, ENOMEM})
WRAP_NUMBER(posix_spawn_file_actions_init, (posix_spawn_file_actions_t * files), (files), .errors = {ENOMEM})
WRAP_NUMBER(posix_spawnattr_init, (posix_spawnattr_t * how), (how), .errors = {ENOMEM})
WRAP_NUMBER(posix_spawn_file_actions_adddup2, (posix_spawn_file_actions_t * files, int from, int to), (files, from, to),
            .errors = {ENOMEM})
WRAP_NUMBER(posix_spawn_file_actions_addopen,
            (posix_spawn_file_actions_t * files, int to, const char *path, int flags, mode_t mode),
            (files, to, path, flags, mode), .errors = {ENOMEM})
WRAP_NUMBER(posix_spawn_file_actions_addclosefrom_np, (posix_spawn_file_actions_t * files, int from), (files, from),
            .errors = {ENOMEM})

static const wrapped receiving = {.name = "recv", .errors = {ECONNRESET, ENOMEM}, .interruptible = true, .moves = true};
static const wrapped sending = {
    .name = "send", .errors = {EPIPE, ECONNRESET, ENOBUFS}, .interruptible = true, .moves = true};

ssize_t __real_recv(int file, void *room, size_t size, int flags);
ssize_t __real_send(int file, const void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int file, void *room, size_t size, int flags);
ssize_t __wrap_send(int file, const void *bytes, size_t size, int flags);

ssize_t __wrap_recv(int file, void *room, size_t size, int flags) {
  return wrap_strikes(&receiving, file, NULL) ? -1
                                              : __real_recv(file, room, wrap_shorten(&receiving, file, size), flags);
}

ssize_t __wrap_send(int file, const void *bytes, size_t size, int flags) {
  return wrap_strikes(&sending, file, NULL) ? -1 : __real_send(file, bytes, wrap_shorten(&sending, file, size), flags);
}
