#include "program.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool executable(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool program_find(buffer *path, const char *name) {
  if (!*name)
    return false;
  if (strchr(name, '/')) {
    buffer_add_text(path, name);
    return executable(name) && !path->failed;
  }
  const char *places = getenv("PATH");
  for (const char *at = places ? places : "/usr/local/bin:/usr/bin:/bin"; *at; at += *at == ':') {
    size_t length = strcspn(at, ":");
    buffer tried = {0};
    buffer_add(&tried, at, length);
    buffer_add_format(&tried, "%s%s", length ? "/" : "./", name);
    bool found = !tried.failed && executable(tried.bytes);
    if (found)
      buffer_add(path, tried.bytes, tried.length);
    path->failed = path->failed || tried.failed;
    buffer_free(&tried);
    if (found)
      return !path->failed;
    at += length;
  }
  return false;
}

/* Starts the program; 0 or an errno. `errors`: what becomes its stderr, or -1. */
static int start(pid_t *child, const char *const *arguments, int errors) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  if (posix_spawn_file_actions_init(&files) != 0)
    return ENOMEM;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&files);
    return ENOMEM;
  }
  int failed = errors >= 0 ? posix_spawn_file_actions_adddup2(&files, errors, 2)
                           : posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  failed = failed ? failed : posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  failed = failed ? failed : posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&files, 3);
  failed = failed ? failed : posix_spawnattr_setsigdefault(&attributes, &all);
  failed = failed ? failed : posix_spawnattr_setsigmask(&attributes, &none);
  failed = failed ? failed
                  : posix_spawnattr_setflags(&attributes,
                                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  /* posix_spawn takes char *const[], and changes none of them. */
  failed = failed ? failed
                  : posix_spawn(child, arguments[0], &files, &attributes, (char *const *)(uintptr_t)arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

/* Reads what the child says until it (and who inherited its stderr) has closed it. 0, or ETIMEDOUT at the deadline, or
 * why it cannot be waited for. */
static int read_said(buffer *said, int from, int64_t deadline) {
  for (;;) {
    int64_t rest = deadline - now_ms();
    struct pollfd waiting = {.fd = from, .events = POLLIN};
    int ready = rest > 0 ? poll(&waiting, 1, (int)rest) : 0;
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return ready < 0 ? errno : ETIMEDOUT;
    char bytes[1024];
    ssize_t count = read(from, bytes, sizeof bytes);
    if (count == 0)
      return 0;
    if (count > 0 && said->length + (size_t)count <= 4096)
      buffer_add(said, bytes, (size_t)count);
  }
}

/* Waits until the child is there to be collected, or the deadline. False: there is no way to be told of it. */
static bool wait_told(pid_t child, int64_t deadline) {
  int watched = (int)syscall(SYS_pidfd_open, child, 0U);
  if (watched < 0)
    return false;
  (void)fcntl(watched, F_SETFD, FD_CLOEXEC);
  struct pollfd waiting = {.fd = watched, .events = POLLIN};
  int ready;
  do {
    int64_t rest = deadline - now_ms();
    ready = poll(&waiting, 1, rest > 0 ? (int)rest : 0);
  } while (ready < 0 && errno == EINTR);
  close(watched);
  return ready >= 0;
}

/* Waits for the end of that child only, 0 or ETIMEDOUT. A host that collects its children itself, or ignores SIGCHLD,
 * may be first: then the status is unknown. */
static int wait_end(pid_t child, int *exit_status, int64_t deadline) {
  static const struct timespec moment = {0, 10000000};
  int status = 0;
  *exit_status = -1;
  bool told = wait_told(child, deadline);
  pid_t ended = waitpid(child, &status, WNOHANG);
  while (!told && (ended == 0 || (ended < 0 && errno == EINTR)) && now_ms() < deadline) {
    (void)nanosleep(&moment, NULL);
    ended = waitpid(child, &status, WNOHANG);
  }
  if (ended == child && WIFEXITED(status))
    *exit_status = WEXITSTATUS(status);
  return ended != 0 ? 0 : ETIMEDOUT;
}

charts_status program_run(int *exit_status, buffer *said, const char *const *arguments, int deadline_ms,
                          charts_error *error) {
  int ends[2] = {-1, -1};
  pid_t child = 0;
  int64_t deadline = now_ms() + deadline_ms;
  *exit_status = -1;
  if (said && pipe2(ends, O_CLOEXEC) != 0)
    return error_system(error, errno, "cannot make a pipe for", arguments[0]);
  int failed = start(&child, arguments, ends[1]);
  if (ends[1] >= 0)
    close(ends[1]);
  int waited = !failed && said ? read_said(said, ends[0], deadline) : 0;
  if (!failed && waited == 0)
    waited = wait_end(child, exit_status, deadline);
  if (ends[0] >= 0)
    close(ends[0]);
  if (failed)
    return error_set(error, CHARTS_SERVER, "cannot start %s: %s", arguments[0], strerror(failed));
  if (waited == ETIMEDOUT)
    return error_set(error, CHARTS_SERVER, "%s did not answer in time", arguments[0]);
  return waited == 0 ? CHARTS_OK : error_system(error, waited, "cannot wait for", arguments[0]);
}
