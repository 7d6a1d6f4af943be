#include "indexer.h"

#include "clock.h"
#include "indexing.h"
#include "storage.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  CACHED_GROUPS = 14000, /* of nodes: 21 MiB when all are there, a series of 1e8 points */
  SETTLED_MS = 2000,     /* a file that has not changed for so long changes no more with the same stamp */
  PATIENCE_MS = 150,     /* so long a window waits for a pyramid that is nearly there */
  TASKS_MOST = 256,
  LOCKED_BYTES = 1 << 30 /* up to this size an indexing that was overtaken holds the series' lock the next time */
};

typedef enum task_state { TASK_WAITING, TASK_RUNNING, TASK_DONE, TASK_FAILED } task_state;

/* One state of one file. */
typedef struct task {
  struct task *next;
  char *path; /* of the directory */
  char *file;
  pyramid_stamp stamp;
  int64_t seen; /* monotonic ms, when this state was asked for first */
  task_state state;
  bool locked;   /* appenders are to wait */
  size_t asking; /* threads that look at it */
  double progress;
} task;

struct indexer {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  pthread_t thread;
  bool started;
  bool stopping;
  task *tasks; /* newest first */
  task *current;
  window_indexer asked;
};

static void task_free(task *of) {
  free(of->path);
  free(of->file);
  free(of);
}

/* ---- The work ---- */

/* When nothing more can have the stamp: ms from now, at most 0 when that is so. */
static int64_t unsettled_ms(const task *of) {
  int64_t changed = of->stamp.changed > of->stamp.modified ? of->stamp.changed : of->stamp.modified;
  int64_t by_clock = changed / 1000000 + SETTLED_MS - clock_ms(CLOCK_REALTIME);
  int64_t by_watch = of->seen + SETTLED_MS - now_ms(); /* the clock may have jumped */
  return by_clock < by_watch ? by_clock : by_watch;
}

static bool note_progress(void *context, double fraction) {
  indexer *of = context;
  pthread_mutex_lock(&of->mutex);
  if (of->current != NULL)
    of->current->progress = fraction;
  bool go_on = !of->stopping;
  pthread_mutex_unlock(&of->mutex);
  return go_on;
}

static charts_status work_in(indexer *of, const task *on, const directory *opened) {
  int descriptor = -1;
  struct stat status;
  storage_lock lock = {-1};
  charts_status result = directory_open_series(&descriptor, &status, opened, on->file, NULL);
  if (result != CHARTS_OK)
    return result;
  if (on->locked && status.st_size <= LOCKED_BYTES)
    storage_lock_share_series(&lock, directory_descriptor(opened), on->file);
  if (on->locked && fstat(descriptor, &status) != 0)
    result = CHARTS_IO;
  /* Another state than the one whose settling was waited for may get a change that does not show. */
  pyramid_stamp stamp = pyramid_stamp_of(&status, true);
  if (!on->locked && !pyramid_stamp_equal(&stamp, &on->stamp))
    result = CHARTS_REFUSED;
  indexing work = {opened, on->file, descriptor, true, note_progress, of};
  if (result == CHARTS_OK)
    result = indexing_run(&work, NULL);
  storage_lock_release(&lock);
  (void)close(descriptor);
  return result;
}

static charts_status work_on(indexer *of, const task *on) {
  directory *opened = NULL;
  charts_status status = directory_open_real(&opened, on->path, NULL);
  if (status == CHARTS_OK)
    status = work_in(of, on, opened);
  directory_close(opened);
  return status;
}

/* The next task that may begin; else how long to wait for one (0: no task waits). The mutex is held. */
static task *next_task(indexer *of, int64_t *wait) {
  task *next = NULL;
  *wait = 0;
  for (task *one = of->tasks; one != NULL; one = one->next) {
    int64_t left = unsettled_ms(one);
    if (one->state == TASK_WAITING && left <= 0)
      next = one; /* the oldest */
    else if (one->state == TASK_WAITING && (*wait == 0 || left < *wait))
      *wait = left;
  }
  return next;
}

static void wait_a_while(indexer *of, int64_t wait) {
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += wait / 1000;
  until.tv_nsec += wait % 1000 * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  (void)pthread_cond_timedwait(&of->changed, &of->mutex, &until);
}

static void *work(void *context) {
  indexer *of = context;
  pthread_mutex_lock(&of->mutex);
  while (!of->stopping) {
    int64_t wait = 0;
    task *next = next_task(of, &wait);
    if (next == NULL) {
      if (wait > 0)
        wait_a_while(of, wait);
      else
        pthread_cond_wait(&of->changed, &of->mutex);
      continue;
    }
    next->state = TASK_RUNNING;
    of->current = next;
    pthread_mutex_unlock(&of->mutex);
    charts_status status = work_on(of, next);
    pthread_mutex_lock(&of->mutex);
    of->current = NULL;
    next->state = status == CHARTS_OK ? TASK_DONE : TASK_FAILED;
    pthread_cond_broadcast(&of->changed);
  }
  pthread_mutex_unlock(&of->mutex);
  return NULL;
}

/* The mutex is held. */
static bool start(indexer *of) {
  of->started = of->started || worker_start(&of->thread, work, of);
  return of->started;
}

/* ---- Asking ---- */

/* Forgets the oldest tasks that are over. The mutex is held. */
static void trim(indexer *of) {
  size_t count = 0;
  for (task **link = &of->tasks; *link != NULL;) {
    task *one = *link;
    bool over = one->asking == 0 && (one->state == TASK_DONE || one->state == TASK_FAILED);
    if (++count > TASKS_MOST && over) {
      *link = one->next;
      task_free(one);
    } else {
      link = &one->next;
    }
  }
}

/* The task of a file in the state of `stamp`. One of an earlier state begins anew, unless it is at work. The mutex is
 * held.
 */
static task *find_task(indexer *of, const char *path, const char *file, const pyramid_stamp *stamp) {
  for (task *one = of->tasks; one != NULL; one = one->next) {
    if (strcmp(one->file, file) != 0 || strcmp(one->path, path) != 0)
      continue;
    if (one->state != TASK_RUNNING && !pyramid_stamp_equal(&one->stamp, stamp)) {
      bool overtaken = one->state == TASK_FAILED && one->stamp.inode == stamp->inode;
      one->stamp = *stamp;
      one->seen = now_ms();
      one->state = TASK_WAITING;
      one->progress = 0;
      one->locked = overtaken;
      pthread_cond_broadcast(&of->changed);
    } else if (one->state == TASK_DONE) { /* asked again: the pyramid has been removed */
      one->state = TASK_WAITING;
      one->progress = 0;
      pthread_cond_broadcast(&of->changed);
    }
    return one;
  }
  task *made = memory_new_zeroed(1, sizeof *made);
  if (made == NULL)
    return NULL;
  *made = (task){.next = of->tasks,
                 .path = memory_text(path, strlen(path)),
                 .file = memory_text(file, strlen(file)),
                 .stamp = *stamp,
                 .seen = now_ms()};
  if (made->path == NULL || made->file == NULL) {
    task_free(made);
    return NULL;
  }
  of->tasks = made;
  trim(of);
  pthread_cond_broadcast(&of->changed);
  return made;
}

/* Waits a little for a task that is nearly over, but not behind another one: a request may ask for many. The mutex is
 * held. */
static void be_patient(indexer *of, const task *asked) {
  int64_t until = now_ms() + PATIENCE_MS;
  while (!of->stopping && (of->current == NULL || of->current == asked) &&
         (asked->state == TASK_WAITING || asked->state == TASK_RUNNING)) {
    int64_t left = until - now_ms();
    if (left <= 0 || (asked->state == TASK_WAITING && unsettled_ms(asked) > left))
      return;
    wait_a_while(of, left);
  }
}

static bool ask(void *context, const directory *opened, const char *file, int descriptor, double *progress) {
  indexer *of = context;
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return false;
  pyramid_stamp stamp = pyramid_stamp_of(&status, true);
  pthread_mutex_lock(&of->mutex);
  task *asked = start(of) ? find_task(of, directory_path(opened), file, &stamp) : NULL;
  bool coming = asked != NULL && asked->state != TASK_FAILED;
  if (coming) {
    asked->asking++;
    be_patient(of, asked);
    asked->asking--;
    *progress = asked->state == TASK_DONE ? 1 : asked->progress;
    coming = asked->state != TASK_FAILED;
  }
  pthread_mutex_unlock(&of->mutex);
  return coming;
}

/* ---- Opening and closing ---- */

charts_status indexer_open(indexer **opened, charts_error *error) {
  pthread_condattr_t clock;
  indexer *made = memory_new_zeroed(1, sizeof *made);
  *opened = made;
  if (made == NULL)
    return error_memory(error);
  pthread_mutex_init(&made->mutex, NULL);
  pthread_condattr_init(&clock);
  (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&made->changed, &clock);
  pthread_condattr_destroy(&clock);
  made->asked = (window_indexer){ask, made, nodecache_open(CACHED_GROUPS)};
  if (made->asked.cache == NULL) {
    indexer_close(made, false);
    *opened = NULL;
    return error_memory(error);
  }
  return CHARTS_OK;
}

void indexer_hurry(indexer *opened) {
  if (opened == NULL)
    return;
  pthread_mutex_lock(&opened->mutex);
  opened->stopping = true;
  pthread_cond_broadcast(&opened->changed);
  pthread_mutex_unlock(&opened->mutex);
}

void indexer_close(indexer *opened, bool forked) {
  if (opened == NULL || forked) /* a forked child has it as it was in the midst of some thread's work */
    return;
  indexer_hurry(opened);
  if (opened->started)
    (void)pthread_join(opened->thread, NULL);
  pthread_cond_destroy(&opened->changed);
  pthread_mutex_destroy(&opened->mutex);
  while (opened->tasks != NULL) {
    task *one = opened->tasks;
    opened->tasks = one->next;
    task_free(one);
  }
  nodecache_close(opened->asked.cache);
  free(opened);
}

const window_indexer *indexer_asked(indexer *opened) {
  return &opened->asked;
}
