/* Threads that help with one piece of work, and work that ends when it is told to. */
#ifndef CHARTS_SRC_WORKER_H
#define CHARTS_SRC_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Starts a thread that takes no signals: those are the host's. It ends its work when the calling thread is told to.
 * False where the system refuses. */
bool worker_start(pthread_t *thread, void *(*work)(void *context), void *context);
/* From now on the calling thread ends what it reads or waits for as soon as *stop is true: INTERRUPTED. So do the
 * threads that it starts. `stop` lives as long as they; NULL: nobody tells it. */
void worker_stop_by(const atomic_bool *stop);
/* From now on the calling thread, and no other, ends what it reads or waits for also when `poll` has said once that it
 * is to. NULL: nobody is asked any more. */
void worker_stop_when(bool (*poll)(void *context), void *context);
/* What the calling thread is told by, or NULL. */
const atomic_bool *worker_stop(void);
/* Whether the calling thread is to end its work. */
bool worker_stopped(void);
/* Processors that this process may run on. */
size_t worker_processors(void);

#endif
