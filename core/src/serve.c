#include "serve.h"

#include "decimal.h"
#include "server.h"
#include "serverfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 360, VIEWERS = 300, STARTING_MS = 10000, LOOK_MS = 20, IDLE_SECONDS = 8 * 3600 };

/* ---- Running ---- */

static void stop_asked(void *context) {
  const int *wake = context;
  uint64_t one = 1;
  ssize_t written = write(*wake, &one, sizeof one);
  (void)written;
}

static int64_t idle_limit_ms(void) {
  const char *text = getenv("CHARTS_IDLE");
  double seconds = IDLE_SECONDS;
  if (text && *text) {
    const char *end = decimal_read(text, text + strlen(text), &seconds);
    if (!end || *end || !(seconds > 0) || seconds > 1e9)
      seconds = IDLE_SECONDS;
  }
  return (int64_t)(seconds * 1000);
}

/* Waits for a signal, a stop request, or the end of patience. */
static void wait_end(server *running, int signals, int wake, bool idle_ends) {
  int64_t limit = idle_limit_ms();
  for (;;) {
    int64_t rest = idle_ends ? limit - server_idle(running) : INT64_MAX;
    if (rest <= 0)
      return;
    struct pollfd waiting[] = {{.fd = signals, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    int timeout = !idle_ends ? -1 : rest < 60000 ? (int)rest : 60000;
    if (poll(waiting, 2, timeout) > 0)
      return;
  }
}

/* Told when the server answers. */
typedef void (*serve_ready)(void *context, const server *running);

static charts_status serve_held(const serve_options *options, int lock, serve_ready ready, void *context,
                                charts_error *error) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGHUP);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  int signals = signalfd(-1, &ends, SFD_CLOEXEC);
  int wake = eventfd(0, EFD_CLOEXEC);
  if (signals < 0 || wake < 0)
    return error_system(error, errno, "cannot serve", options->folder);
  server *running = NULL;
  server_options wanted = {.folder = options->folder,
                           .port = options->port,
                           .threads = THREADS,
                           .viewers = VIEWERS,
                           .stop = stop_asked,
                           .context = &wake};
  charts_status status = server_open(&running, &wanted, error);
  if (status == CHARTS_OK) {
    serverfile content = {.port = server_port(running), .pid = getpid()};
    snprintf(content.token, sizeof content.token, "%s", server_token(running));
    status = serverfile_write(lock, options->folder, &content, error);
  }
  if (status == CHARTS_OK) {
    ready(context, running);
    wait_end(running, signals, wake, options->detach);
  }
  serverfile_drop(lock, options->folder); /* first, so that nobody finds a server that is ending */
  server_close(running);
  close(signals);
  close(wake);
  return status;
}

/* ---- In the foreground ---- */

static void say_address(void *context, const server *running) {
  (void)context;
  buffer address = {0};
  server_address(server_port(running), &address);
  if (address.failed)
    printf("Server running in the folder %s\n", server_folder(running));
  else if (isatty(STDOUT_FILENO))
    printf("Server running in the folder %s at %s#t=%s\n", server_folder(running), address.bytes,
           server_token(running));
  else
    printf("Server running in the folder %s at %s (`charts url %s` prints the full address)\n", server_folder(running),
           address.bytes, server_folder(running));
  (void)fflush(stdout);
  buffer_free(&address);
}

/* ---- Detached ---- */

/* The starter reads an empty text when the server is ready, else the error. */
static void tell_starter(int to, const char *text) {
  ssize_t written = write(to, text, strlen(text));
  (void)written;
  close(to);
}

static void tell_ready(void *context, const server *running) {
  (void)running;
  int *to = context;
  tell_starter(*to, "");
  *to = -1;
}

/* The server's own process: keeps no directory, terminal or descriptor of who started it. */
_Noreturn static void detached_run(const serve_options *options, int lock, int starter) {
  charts_error error;
  int none = open("/dev/null", O_RDWR | O_CLOEXEC);
  (void)setsid();
  if (none < 0 || chdir("/") != 0)
    _exit(1);
  for (int standard = 0; standard <= 2; standard++)
    (void)dup2(none, standard);
  charts_status status = serve_held(options, lock, tell_ready, &starter, &error);
  if (status != CHARTS_OK && starter >= 0)
    tell_starter(starter, error.message);
  _exit(status == CHARTS_OK ? 0 : 1);
}

static charts_status detach(const serve_options *options, int lock, charts_error *error) {
  int ends[2];
  char message[sizeof error->message] = "";
  size_t length = 0;
  if (pipe2(ends, O_CLOEXEC) != 0)
    return error_system(error, errno, "cannot make a pipe for", "the server");
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    detached_run(options, lock, ends[1]);
  }
  close(ends[1]);
  close(lock); /* the child holds it */
  ssize_t got = 1;
  while (child > 0 && got > 0 && length + 1 < sizeof message)
    if ((got = read(ends[0], message + length, sizeof message - 1 - length)) > 0)
      length += (size_t)got;
  close(ends[0]);
  if (child < 0)
    return error_system(error, errno, "cannot start", "the server");
  return length ? error_set(error, CHARTS_SERVER, "%s", message) : CHARTS_OK;
}

static void pause_ms(long milliseconds) {
  struct timespec time = {.tv_nsec = milliseconds * 1000000};
  (void)nanosleep(&time, NULL);
}

/* Takes the lock, or waits until the server that holds it is ready (*lock is then -1). */
static charts_status hold_or_wait(int *lock, const char *folder, charts_error *error) {
  for (int waited = 0; waited < STARTING_MS; waited += LOOK_MS) {
    serverfile found;
    charts_status status = serverfile_hold(lock, folder, error);
    if (status != CHARTS_REFUSED)
      return status;
    if (serverfile_read(&found, folder, error) == CHARTS_OK)
      return CHARTS_OK;
    pause_ms(LOOK_MS);
  }
  return error_set(error, CHARTS_SERVER, "the server of the folder %s does not become ready", folder);
}

charts_status serve_run(const serve_options *options, charts_error *error) {
  int lock = -1;
  charts_status status =
      options->detach ? hold_or_wait(&lock, options->folder, error) : serverfile_hold(&lock, options->folder, error);
  if (status != CHARTS_OK || lock < 0)
    return status;
  return options->detach ? detach(options, lock, error) : serve_held(options, lock, say_address, NULL, error);
}
