#include "worker.h"

#include <sched.h>
#include <signal.h>

bool worker_start(pthread_t *thread, void *(*work)(void *context), void *context) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0)
    return false;
  bool started = pthread_create(thread, NULL, work, context) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

size_t worker_processors(void) {
  cpu_set_t usable;
  return sched_getaffinity(0, sizeof usable, &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
}
