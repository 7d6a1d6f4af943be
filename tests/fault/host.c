/* A program that loads libcharts at run time, as a language's interpreter does, and does what it is told line by line:
 *
 *     load | unload            dlopen and dlclose of the library
 *     plot NAME COUNT          puts a series into the directory d
 *     address                  starts the server, prints its address
 *     close                    closes the session
 *     state                    everything of the process that a library might change
 *     fork-exec                a child that runs another program at once
 *     fork-plot COUNT          children that each put a series into d, one after the other
 *     fork-hold | hold-end     a child that does nothing, until it is let go
 *     pipe-handler | pipe      counts SIGPIPE; how many there were
 *     exit N | close-exit N | _exit N
 *
 * Each line is answered by one line; `error: …` says what failed.
 */
#include "state.h"

#include <charts.h>

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The functions of the library that are called here. */
#define FUNCTIONS(X)                                                                                                   \
  X(charts_session_open)                                                                                               \
  X(charts_session_close)                                                                                              \
  X(charts_call)                                                                                                       \
  X(charts_record)                                                                                                     \
  X(charts_record_set)                                                                                                 \
  X(charts_text)                                                                                                       \
  X(charts_column_new)                                                                                                 \
  X(charts_value_get)                                                                                                  \
  X(charts_value_text)                                                                                                 \
  X(charts_value_handle)                                                                                               \
  X(charts_handle)                                                                                                     \
  X(charts_value_free)

static struct {
#define FUNCTION_MEMBER(name) __typeof__(&name) name;
  FUNCTIONS(FUNCTION_MEMBER)
#undef FUNCTION_MEMBER
} library;

static void *loaded;
static charts_session *session;
static int64_t chart;
static pid_t held;
static int held_pipe = -1;
static volatile sig_atomic_t pipes;

/* ---- The library ---- */

static const char *load(void) {
  loaded = dlopen(CHARTS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!loaded)
    return dlerror();
#define FUNCTION_FIND(name)                                                                                            \
  *(void **)(void *)&library.name = dlsym(loaded, #name);                                                              \
  if (!library.name)                                                                                                   \
    return "no " #name;
  FUNCTIONS(FUNCTION_FIND)
#undef FUNCTION_FIND
  return NULL;
}

static const char *session_open(void) {
  static charts_error error;
  charts_host host = {.size = sizeof host, .language = "C"};
  return session || library.charts_session_open(&session, &host, &error) == CHARTS_OK ? NULL : error.message;
}

static const char *unload(void) {
  library.charts_session_close(session);
  session = NULL;
  return dlclose(loaded) == 0 ? NULL : dlerror();
}

/* ---- Calls ---- */

static const char *plot(const char *name, size_t count) {
  static charts_error error;
  charts_value *result = NULL;
  const char *failed = session_open();
  double *numbers = failed ? NULL : calloc(count, sizeof *numbers);
  if (!numbers)
    return failed ? failed : "out of memory";
  for (size_t i = 0; i < count; i++)
    numbers[i] = (double)(i * 7919 % 1000) / 8;
  charts_column column = {.memory = numbers, .count = count, .type = CHARTS_FLOAT64};
  charts_value *arguments = library.charts_record();
  library.charts_record_set(arguments, "series", library.charts_column_new(&column));
  library.charts_record_set(arguments, "name", library.charts_text(name));
  library.charts_record_set(arguments, "save", library.charts_text("d"));
  if (library.charts_call(session, "plotasync", arguments, &result, &error) != CHARTS_OK)
    failed = error.message;
  else
    chart = library.charts_value_handle(library.charts_value_get(result, "value"));
  library.charts_value_free(result);
  library.charts_value_free(arguments);
  free(numbers);
  return failed;
}

static const char *address(void) {
  static charts_error error;
  charts_value *result = NULL;
  charts_value *arguments = library.charts_record();
  library.charts_record_set(arguments, "chart", library.charts_handle(chart));
  charts_status status = library.charts_call(session, "url", arguments, &result, &error);
  if (status == CHARTS_OK)
    printf("%s", library.charts_value_text(library.charts_value_get(result, "value"), NULL));
  library.charts_value_free(result);
  library.charts_value_free(arguments);
  return status == CHARTS_OK ? NULL : error.message;
}

/* ---- The process ---- */

static void count_pipe(int number) {
  (void)number;
  pipes++;
}

static const char *wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : "the child failed";
}

static const char *fork_exec(void) {
  pid_t child = fork();
  if (child == 0) {
    execlp("true", "true", (char *)NULL);
    _exit(1);
  }
  return wait_for(child);
}

/* Children that use the session that they have from their parent. */
static const char *fork_plot(size_t count) {
  const char *failed = NULL;
  for (size_t i = 0; i < count && !failed; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "child %zu", i);
    pid_t child = fork();
    if (child == 0)
      _exit(plot(name, 1000) == NULL ? 0 : 1);
    failed = wait_for(child);
  }
  return failed;
}

/* A child that keeps what it has from its parent until the pipe is closed. */
static const char *fork_hold(void) {
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  held = fork();
  if (held == 0) {
    char byte;
    (void)close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  (void)close(ends[0]);
  held_pipe = ends[1];
  return NULL;
}

static const char *hold_end(void) {
  (void)close(held_pipe);
  return wait_for(held);
}

/* ---- Lines ---- */

static const char *obey(const char *word, const char *rest) {
  int number = (int)strtol(rest, NULL, 10);
  if (strcmp(word, "load") == 0)
    return load();
  if (strcmp(word, "unload") == 0)
    return unload();
  if (strcmp(word, "plot") == 0) {
    char name[64];
    return sscanf(rest, "%63s %d", name, &number) == 2 ? plot(name, (size_t)number) : "plot NAME COUNT";
  }
  if (strcmp(word, "address") == 0)
    return address();
  if (strcmp(word, "close") == 0 || strcmp(word, "close-exit") == 0) {
    library.charts_session_close(session);
    session = NULL;
  }
  if (strcmp(word, "state") == 0)
    state_print();
  if (strcmp(word, "fork-exec") == 0)
    return fork_exec();
  if (strcmp(word, "fork-plot") == 0)
    return fork_plot((size_t)number);
  if (strcmp(word, "fork-hold") == 0)
    return fork_hold();
  if (strcmp(word, "hold-end") == 0)
    return hold_end();
  if (strcmp(word, "pipe-handler") == 0)
    (void)signal(SIGPIPE, count_pipe);
  if (strcmp(word, "pipe") == 0)
    printf("%d", (int)pipes);
  if (strcmp(word, "_exit") == 0)
    _exit(number);
  if (strcmp(word, "exit") == 0 || strcmp(word, "close-exit") == 0)
    exit(number);
  return NULL;
}

int main(void) {
  char line[512];
  while (fgets(line, sizeof line, stdin)) {
    char word[32] = "";
    int read = 0;
    (void)sscanf(line, "%31s%n", word, &read);
    const char *failed = obey(word, line + read);
    if (failed)
      printf("error: %s", failed);
    printf("\n");
    (void)fflush(stdout);
  }
  return 0;
}
