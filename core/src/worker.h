/* Threads that help with one piece of work. */
#ifndef CHARTS_SRC_WORKER_H
#define CHARTS_SRC_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Starts a thread that takes no signals: those are the host's. False where the system refuses. */
bool worker_start(pthread_t *thread, void *(*work)(void *context), void *context);
/* Processors that this process may run on. */
size_t worker_processors(void);

#endif
