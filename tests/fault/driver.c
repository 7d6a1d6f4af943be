/* inject [--every] [--only NAME] [--list] [--at MODE N PICK]: makes each call of each operation fail, and says what was
 * not as promised.
 *
 * --every: each n and each error; else a sample of them. Exit status 1: something was found. */
#include "inject.h"
#include "operations.h"
#include "world.h"

#include <errno.h>
#include <sanitizer/lsan_interface.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 16, FINDINGS_MOST = 12, HANG_SECONDS = 60 };

static const char APPENDED_BEFORE[] = "; appended before that: ";

static bool every;
static size_t runs;
static size_t struck;
static size_t tolerated;
static size_t findings;

/* What an operation does when nothing fails. */
typedef struct reference {
  char *before;
  char *before_bare; /* without indices */
  char *after;
  char *after_bare;
  char *text;
} reference;

static void find(const operation *of, const inject_plan *plan, const char *what, const char *detail) {
  const inject_hit *hit = inject_struck();
  findings++;
  (void)printf("FOUND %s --at %s %zu %u: %s\n      hit: %s (%s) %s\n      %.900s\n", of->name,
               inject_mode_name(plan->mode), plan->n, plan->pick, what, hit->call != NULL ? hit->call : "nothing",
               hit->number != 0 ? strerrorname_np(hit->number) : "-", hit->path, detail);
  (void)fflush(stdout);
}

static bool same(const char *left, const char *right) {
  return left == NULL ? right == NULL : right != NULL && strcmp(left, right) == 0;
}

/* Threads that were joined go from /proc a moment later. */
static size_t threads_left(size_t before) {
  size_t now = world_threads();
  for (int i = 0; now > before && i < 1000; i++) {
    struct timespec nap = {0, 1000000};
    (void)nanosleep(&nap, NULL);
    now = world_threads();
  }
  return now;
}

/* Whether the message names the file or the series that the failed call was about: before it says what was done. */
static bool names_series(const operation *of, const char *message) {
  const char *path = inject_struck()->path;
  bool charts_own = strstr(path, ".charts") != NULL;
  size_t length = strlen(path);
  bool series = length > 5 && strcmp(path + length - 5, ".json") == 0;
  bool temporary = length > 4 && strcmp(path + length - 4, ".tmp") == 0;
  /* A temporary that could not be made is no file yet, and what has no folder in its name may be one of `.charts`. */
  bool no_file = strstr(inject_struck()->call, "make") != NULL && strstr(message, "cannot write in") != NULL;
  bool hint = strstr(message, " next: ") != NULL || strstr(message, " commit: ") != NULL;
  if (of->series == NULL || charts_own || (!series && !temporary) || no_file || hint)
    return true;
  char names[256];
  const char *file = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
  const char *done = strstr(message, APPENDED_BEFORE);
  const char *end = done != NULL ? done : message + strlen(message);
  if (memmem(message, (size_t)(end - message), file, strlen(file)) != NULL)
    return true;
  (void)snprintf(names, sizeof names, "%s", of->series);
  for (char *rest = names, *name; (name = strtok_r(rest, " ", &rest)) != NULL;)
    if (memmem(message, (size_t)(end - message), name, strlen(name)) != NULL)
      return true;
  return false;
}

static void check_error(const operation *of, const inject_plan *plan, charts_status status, const charts_error *error) {
  if (status != error->status || error->message[0] == '\0')
    find(of, plan, "an error without a message", error->message);
  else if (plan->mode == INJECT_EINTR || plan->mode == INJECT_SHORT)
    find(of, plan, "an interrupted or short call is an error", error->message);
  else if (status == CHARTS_INTERNAL || status == CHARTS_TYPE || status == CHARTS_FORMAT || status == CHARTS_NAME)
    find(of, plan, "an error that blames the caller or the file", error->message);
  else if (plan->mode == INJECT_ONCE && !names_series(of, error->message))
    find(of, plan, "an error that does not name the file", error->message);
}

static void check_litter(const operation *of, const inject_plan *plan) {
  char *litter = world_litter();
  if (litter[0] != '\0')
    find(of, plan, "files lie about", litter);
  free(litter);
}

/* After an error: everything is as it was, and the next call works. */
static void check_next(const operation *of, const inject_plan *plan, const reference *expected) {
  charts_error error = {0};
  char *text = NULL;
  charts_status status = of->run(of, &text, &error);
  char *truth = world_truth(false);
  if (status != CHARTS_OK)
    find(of, plan, "the next call fails", error.message);
  else if (!of->keeps_part && !same(text, expected->text))
    find(of, plan, "the next call gives something else", text != NULL ? text : "nothing");
  else if (!of->keeps_part && !same(truth, expected->after_bare))
    find(of, plan, "the next call leaves something else", truth);
  free(truth);
  free(text);
}

/* After an error. Where everything fails for good, undoing fails too: then the next reader must find what was there. */
/* What failed when everything was written and named, and only its durability is not known, may stand: whole. */
static bool may_stand(const char *truth, const char *after) {
  const inject_hit *hit = inject_struck();
  return hit->call != NULL && strcmp(hit->call, "fsync") == 0 && same(truth, after);
}

static void check_kept(const operation *of, const inject_plan *plan, const reference *expected) {
  bool once = plan->mode == INJECT_ONCE;
  char *truth = world_truth(once);
  const char *before = once ? expected->before : expected->before_bare;
  bool undone = plan->mode != INJECT_GOOD && !of->keeps_part;
  if (undone && !same(truth, before) && !may_stand(truth, once ? expected->after : expected->after_bare))
    find(of, plan, "a failed call changed something", truth);
  free(truth);
}

/* Of several series that were appended to, the error names those that have their rows. */
static void check_part(const operation *of, const inject_plan *plan, const reference *expected, const char *message) {
  bool several = of->verb != NULL && strcmp(of->verb, "append") == 0 && strchr(of->series, ' ') != NULL;
  bool may_say = plan->mode == INJECT_ONCE || plan->mode == INJECT_FULL;
  char *truth = world_truth(false);
  if (several && may_say && !same(truth, expected->before_bare) && strstr(message, APPENDED_BEFORE) == NULL)
    find(of, plan, "an error does not say what was done", message);
  free(truth);
}

/* A file that cannot be read is left out of a listing, or stands in it with the reason: so is what one answers of
 * several series. A purge leaves it, and says so. */
static bool is_told(const operation *of, const char *text) {
  const inject_hit *hit = inject_struck();
  if (hit->call == NULL || text == NULL)
    return false;
  if (strstr(text, strerrordesc_np(hit->number)) != NULL || strstr(text, "out of memory") != NULL)
    return true;
  return of->leaves_out && hit->number == EIO;
}

/* One run of an operation, with what is planned. False: nothing was hit. */
static bool run(const operation *of, const inject_plan *plan, const reference *expected) {
  charts_error error;
  char *text = NULL;
  memset(&error, 0, sizeof error);
  size_t blocks = inject_blocks();
  size_t descriptors = world_descriptors();
  size_t threads = world_threads();
  inject_set(plan);
  alarm(HANG_SECONDS);
  charts_status status = of->run(of, &text, &error);
  inject_off();
  runs++;
  bool hit = inject_struck()->call != NULL;
  struck += hit;
  if (world_descriptors() != descriptors)
    find(of, plan, "a descriptor is lost", "");
  if (threads_left(threads) != threads)
    find(of, plan, "a thread is lost", "");
  bool fails = status != CHARTS_OK;
  if (!inject_kept_files() && plan->mode != INJECT_GOOD)
    check_litter(of, plan);
  if (fails) {
    check_error(of, plan, status, &error);
    check_kept(of, plan, expected);
    check_part(of, plan, expected, error.message);
    inject_pause();
    check_next(of, plan, expected);
  } else {
    tolerated += hit;
    char *truth = world_truth(!hit); /* an index is taken twice by a call that begins anew */
    bool told = is_told(of, text);
    if (!same(text, expected->text) && !told)
      find(of, plan, "it gives something else", text != NULL ? text : "nothing");
    if (!same(truth, hit ? expected->after_bare : expected->after) && !told)
      find(of, plan, "it leaves something else", truth);
    free(truth);
  }
  free(text);
  if (inject_blocks() != blocks) {
    find(of, plan, "memory is lost", "");
    (void)__lsan_do_recoverable_leak_check();
  }
  alarm(0);
  return hit;
}

static void make(const operation *of) {
  world_make();
  of->prepare();
}

static size_t refer(const operation *of, reference *into) {
  charts_error error = {0};
  char *text = NULL;
  make(of);
  if (of->run(of, &text, &error) != CHARTS_OK) { /* what is made once for the whole process is made here */
    (void)printf("%s: %s\n", of->name, error.message);
    exit(2);
  }
  free(text);
  make(of);
  into->before = world_truth(true);
  into->before_bare = world_truth(false);
  inject_set(&(inject_plan){.mode = INJECT_COUNT});
  if (of->run(of, &into->text, &error) != CHARTS_OK)
    exit(2);
  size_t calls = inject_count();
  into->after = world_truth(true);
  into->after_bare = world_truth(false);
  return calls;
}

static unsigned picks_of(inject_mode mode) {
  if (mode == INJECT_MEMORY || mode == INJECT_EINTR)
    return 1;
  return mode == INJECT_SHORT || mode == INJECT_FULL ? 2 : INJECT_PICKS;
}

static void try_mode(const operation *of, inject_mode mode, size_t calls, const reference *expected) {
  unsigned long long world = 0;
  size_t before = findings;
  size_t step = every || calls <= SAMPLES ? 1 : calls / SAMPLES;
  unsigned picks = picks_of(mode);
  for (size_t n = 1; findings - before < FINDINGS_MOST; n += step) {
    bool hit = false;
    for (unsigned pick = 0; pick < (every ? picks : 1); pick++) {
      inject_plan plan = {mode, n, every ? pick : (unsigned)(n / step) % picks};
      if (!of->reads || world != world_signature()) {
        make(of);
        world = world_signature();
      }
      hit = run(of, &plan, expected) || hit;
    }
    if (!hit || n > 100 * (calls + 100))
      break;
  }
}

/* In a process of its own, so that a crash is one finding. */
static bool try_operation(const operation *of, const inject_plan *only) {
  (void)fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    reference expected = {0};
    struct timespec begin;
    struct timespec end;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    size_t calls = refer(of, &expected);
    if (only != NULL) {
      make(of);
      (void)run(of, only, &expected);
    }
    for (inject_mode mode = INJECT_ONCE; only == NULL && mode < INJECT_MODES; mode++)
      try_mode(of, mode, calls, &expected);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    world_remove();
    free(expected.before);
    free(expected.before_bare);
    free(expected.after);
    free(expected.after_bare);
    free(expected.text);
    (void)printf("%-22s %5zu calls, %6zu runs, %6zu hit, %5zu of them without an error, %zu found, %.1f s\n", of->name,
                 calls, runs, struck, tolerated, findings,
                 (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    exit(findings > 0 ? 1 : 0); /* leaks that nobody has counted are looked for at exit */
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    return false;
  if (WIFSIGNALED(status))
    (void)printf("FOUND %s: %s\n", of->name, WTERMSIG(status) == 14 ? "it hangs" : strsignal(WTERMSIG(status)));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int count, char **arguments) {
  const char *name = NULL;
  inject_plan plan = {0};
  bool one = false;
  for (int i = 1; i < count; i++) {
    if (strcmp(arguments[i], "--every") == 0) {
      every = operations_long = true;
    } else if (strcmp(arguments[i], "--only") == 0 && i + 1 < count) {
      name = arguments[++i];
    } else if (strcmp(arguments[i], "--at") == 0 && i + 3 < count) {
      for (inject_mode mode = 0; mode < INJECT_MODES; mode++)
        if (strcmp(inject_mode_name(mode), arguments[i + 1]) == 0)
          plan.mode = mode;
      plan.n = strtoul(arguments[i + 2], NULL, 10);
      plan.pick = (unsigned)strtoul(arguments[i + 3], NULL, 10);
      one = true;
      i += 3;
    } else if (strcmp(arguments[i], "--list") == 0) {
      for (size_t k = 0; k < operation_count; k++)
        (void)puts(operations[k].name);
      return 0;
    } else {
      (void)fprintf(stderr, "usage: inject [--every] [--list] [--only NAME [--at MODE N PICK]]\n");
      return 2;
    }
  }
  bool good = true;
  for (size_t i = 0; i < operation_count; i++)
    if (name == NULL || strcmp(name, operations[i].name) == 0)
      good = try_operation(&operations[i], one ? &plan : NULL) && good;
  return good ? 0 : 1;
}
