#include "worker.h"

#include "buffer.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

static _Thread_local const atomic_bool *told_by;

/* Who is asked. He may call us himself, and is not asked while he is being asked. */
static _Thread_local struct {
  bool (*poll)(void *context);
  void *context;
  bool asking;
  bool said;
} asked;

typedef struct beginning {
  void *(*work)(void *context);
  void *context;
  const atomic_bool *stop;
} beginning;

static void *begin(void *context) {
  beginning of = *(beginning *)context;
  free(context);
  told_by = of.stop;
  return of.work(of.context);
}

bool worker_start(pthread_t *thread, void *(*work)(void *context), void *context) {
  sigset_t all;
  sigset_t before;
  beginning *of = memory_new(sizeof *of);
  if (of == NULL)
    return false;
  *of = (beginning){work, context, told_by};
  sigfillset(&all);
  bool blocked = pthread_sigmask(SIG_BLOCK, &all, &before) == 0;
  bool started = blocked && pthread_create(thread, NULL, begin, of) == 0;
  if (blocked)
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!started)
    free(of);
  return started;
}

void worker_stop_by(const atomic_bool *stop) {
  told_by = stop;
}

const atomic_bool *worker_stop(void) {
  return told_by;
}

void worker_stop_when(bool (*poll)(void *context), void *context) {
  if (asked.asking)
    return;
  asked.poll = poll;
  asked.context = context;
  asked.said = false;
}

/* What was said once stays said: whoever sees it ends, and what follows must not go on behind him. */
static bool says_stop(void) {
  if (asked.poll == NULL || asked.asking || asked.said)
    return asked.said;
  asked.asking = true;
  asked.said = asked.poll(asked.context);
  asked.asking = false;
  return asked.said;
}

bool worker_stopped(void) {
  return (told_by != NULL && atomic_load_explicit(told_by, memory_order_relaxed)) || says_stop();
}

size_t worker_processors(void) {
  cpu_set_t usable;
  return sched_getaffinity(0, sizeof usable, &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
}
