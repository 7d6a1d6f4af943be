#include "moment.h"

#include "clock.h"
#include "worker.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* A time stamp this old is not that of a change that is still to come within the kernel's same tick. */
enum { TICK_MS = 20, SETTLE_NAP_NS = 5000000, UNLOCKED_MS = 2000, LOCKED_MS = 10000 };

static bool is_pending(int folder) {
  return faccessat(folder, ".charts/commit", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

charts_status moment_settle(int folder, const char *path, charts_error *error) {
  storage_lock lock;
  if (!is_pending(folder))
    return CHARTS_OK;
  charts_status status = journal_lock(&lock, folder, path, error);
  if (status == CHARTS_OK)
    storage_lock_release(&lock);
  return status;
}

/* Takes the lock for reading; a journal that stands while nobody keeps it is a killed process's. */
static storage_share share(moment *reading, int folder, const char *path) {
  storage_share got = storage_lock_share(&reading->lock, folder);
  if (got == STORAGE_LOCKED || !is_pending(folder))
    return got;
  storage_lock_release(&reading->lock);
  (void)moment_settle(folder, path, NULL); /* who may not write reads what there is */
  return storage_lock_share(&reading->lock, folder);
}

/* Without the lock: whether no change is under way, and a later one will show. */
static bool begin_unlocked(moment *reading, int folder) {
  if (fstatat(folder, ".charts", &reading->charts, AT_SYMLINK_NOFOLLOW) != 0) {
    reading->unchecked = true; /* no change of several files without it */
    return true;
  }
  int64_t age = clock_ms(CLOCK_REALTIME) -
                ((int64_t)reading->charts.st_mtim.tv_sec * 1000 + reading->charts.st_mtim.tv_nsec / 1000000);
  return (age > TICK_MS || age < -TICK_MS) && !is_pending(folder);
}

charts_status moment_begin(moment *reading, int folder, const char *path, charts_error *error) {
  const struct timespec nap = {0, SETTLE_NAP_NS};
  if (reading->began == 0)
    reading->began = now_ms();
  reading->unchecked = false;
  for (;;) {
    storage_share got = share(reading, folder, path);
    reading->locked = got == STORAGE_SHARED;
    if (reading->locked || begin_unlocked(reading, folder))
      return CHARTS_OK;
    if (worker_stopped())
      return error_set(error, CHARTS_INTERRUPTED, "%s: the reading was ended", path);
    int64_t waited = now_ms() - reading->began;
    if (got == STORAGE_LOCKED && waited > LOCKED_MS)
      return error_set(error, CHARTS_REFUSED,
                       "the chart directory %s is being changed by another process, which has not "
                       "come to an end for %d seconds",
                       path, LOCKED_MS / 1000);
    if (got == STORAGE_NO_LOCK && waited > UNLOCKED_MS) {
      reading->unchecked = true;
      return CHARTS_OK;
    }
    (void)nanosleep(&nap, NULL);
  }
}

bool moment_end(moment *reading, int folder) {
  struct stat now;
  storage_lock_release(&reading->lock);
  if (reading->locked || reading->unchecked)
    return true;
  return fstatat(folder, ".charts", &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == reading->charts.st_ino &&
         now.st_mtim.tv_sec == reading->charts.st_mtim.tv_sec && now.st_mtim.tv_nsec == reading->charts.st_mtim.tv_nsec;
}
