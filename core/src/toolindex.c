#include "toolindex.h"

#include "indexing.h"
#include "windowanswer.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SETTLED_NS = 2000000000 };

static int64_t now_ns(clockid_t clock) {
  struct timespec now;
  (void)clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits until no change can have the stamp of the last one any more (core/FORMAT.md, section 8). */
static void wait_until_settled(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return;
  pyramid_stamp stamp = pyramid_stamp_of(&status, false);
  int64_t changed = stamp.changed > stamp.modified ? stamp.changed : stamp.modified;
  int64_t left = changed + SETTLED_NS - now_ns(CLOCK_REALTIME);
  if (left > SETTLED_NS) /* a time to come: the clock has jumped */
    left = SETTLED_NS;
  struct timespec nap = {left / 1000000000, left % 1000000000};
  if (left > 0)
    (void)nanosleep(&nap, NULL);
}

/* The points of a series that has a pyramid now; 0 when it has none. */
static uint64_t indexed_points(const directory *opened, const char *file, int descriptor) {
  int stored = -1;
  pyramid *found = window_open_pyramid(&stored, opened, file, descriptor);
  uint64_t count = found != NULL ? pyramid_state_of(found)->totals.count : 0;
  pyramid_close(found);
  if (stored >= 0)
    (void)close(stored);
  return count;
}

static void index_one(const directory *opened, const char *file, int descriptor) {
  charts_error error;
  if (indexed_points(opened, file, descriptor) > 0)
    return;
  wait_until_settled(descriptor);
  indexing work = {.opened = opened, .file = file, .descriptor = descriptor, .settled = true};
  int64_t begun = now_ns(CLOCK_MONOTONIC);
  charts_status status = indexing_run(&work, &error);
  double seconds = (double)(now_ns(CLOCK_MONOTONIC) - begun) / 1e9;
  if (status == CHARTS_TYPE) /* it needs none */
    return;
  if (status != CHARTS_OK) {
    (void)printf("%s\n", error.message);
    return;
  }
  uint64_t points = indexed_points(opened, file, descriptor);
  (void)printf("%s: %" PRIu64 " points in %.3f s, %.1f million a second\n", file, points, seconds,
               (double)points / seconds / 1e6);
}

charts_status toolindex_run(const directory *opened, charts_error *error) {
  directory_listing listing;
  charts_status status = directory_list(&listing, opened, NULL, error);
  if (status != CHARTS_OK)
    return status;
  for (size_t i = 0; i < listing.count; i++) {
    int descriptor = -1;
    const directory_entry *entry = &listing.entries[i];
    if (entry->reason != NULL || directory_open_series(&descriptor, NULL, opened, entry->file, NULL) != CHARTS_OK)
      continue;
    index_one(opened, entry->file, descriptor);
    (void)close(descriptor);
  }
  directory_listing_free(&listing);
  return CHARTS_OK;
}
