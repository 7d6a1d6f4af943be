#include "windowanswer.h"

#include "pyramidstore.h"
#include "sample.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
  INDEXED_BYTES = 1 << 20, /* files up to this size are read as fast as they are indexed */
  SAMPLES_MOST = 2000
};

/* ---- The pyramid ---- */

/* Opens the pyramid if it is of the state that the file is in now. */
static pyramid *open_if_fits(int *file, int folder, const char *name, int descriptor, bool *there) {
  struct stat status;
  pyramid *found = NULL;
  *file = pyramidstore_open(folder, name, false);
  *there = *file >= 0;
  if (*there && fstat(descriptor, &status) == 0 && pyramid_open(&found, *file, name, NULL) == CHARTS_OK) {
    pyramid_stamp stamp = pyramid_stamp_of(&status, true);
    const pyramid_stamp *its = &pyramid_state_of(found)->stamp;
    if (its->settled && pyramid_stamp_equal(its, &stamp))
      return found;
  }
  pyramid_close(found);
  if (*there)
    (void)close(*file);
  *file = -1;
  return NULL;
}

static pyramid *open_in(int *file, const directory *opened, int folder, const char *name, int descriptor) {
  bool there = false;
  pyramid *found = open_if_fits(file, folder, name, descriptor, &there);
  if (found != NULL || !there)
    return found;
  storage_lock lock; /* who appends just now has written the text, and the pyramid next */
  storage_lock_share_series(&lock, directory_descriptor(opened), name);
  found = open_if_fits(file, folder, name, descriptor, &there);
  storage_lock_release(&lock);
  return found;
}

pyramid *window_open_pyramid(int *file, const directory *opened, const char *name, int descriptor) {
  int own = directory_own(opened);
  int base = directory_descriptor(opened);
  pyramid *found = open_in(file, opened, own, name, descriptor);
  return found != NULL || own == base ? found : open_in(file, opened, base, name, descriptor);
}

static void close_pyramid(pyramid *opened, int file) {
  pyramid_close(opened);
  if (file >= 0)
    (void)close(file);
}

/* ---- Windows ---- */

/* *done is false when the pyramid is none that answers. */
static charts_status by_pyramid(window *answer, const directory *opened, const char *file, int descriptor,
                                const window_request *request, nodecache *cache, bool *done, charts_error *error) {
  int stored = -1;
  *done = false;
  pyramid *from = window_open_pyramid(&stored, opened, file, descriptor);
  if (from == NULL)
    return CHARTS_OK;
  pyramid_use_cache(from, cache);
  charts_status status = CHARTS_OK;
  if (pyramid_state_of(from)->totals.sorted) {
    pyramid_source source = pyramid_source_of(from, descriptor, file);
    status = window_read_pyramid(answer, &source, request, error);
    *done = status != CHARTS_FORMAT;
    if (!*done) /* damaged: it is made anew */
      pyramidstore_remove(directory_own(opened), file);
  } else {
    status = window_read_open(answer, descriptor, file, request, error);
    *done = true;
  }
  close_pyramid(from, stored);
  return *done ? status : CHARTS_OK;
}

static charts_status by_sample(window *answer, const char *file, int descriptor, const window_request *request,
                               double progress, charts_error *error) {
  size_t points = request->columns < SAMPLES_MOST ? request->columns : SAMPLES_MOST;
  charts_status status = sample_read(answer, descriptor, file, request, points, error);
  answer->indexing = true;
  answer->progress = progress;
  return status;
}

charts_status window_answer(window *answer, const directory *opened, const char *file, int descriptor,
                            const window_request *request, const window_indexer *indexer, charts_error *error) {
  struct stat status;
  double progress = 0;
  bool done = false;
  nodecache *cache = indexer != NULL ? indexer->cache : NULL;
  *answer = (window){.sorted = true};
  charts_status result = window_check(request, error);
  if (result != CHARTS_OK)
    return result;
  if (fstat(descriptor, &status) != 0)
    return error_system(error, errno, "cannot read", file);
  result = by_pyramid(answer, opened, file, descriptor, request, cache, &done, error);
  if (!done && indexer != NULL && status.st_size > INDEXED_BYTES &&
      indexer->ask(indexer->context, opened, file, descriptor, &progress)) {
    if (progress >= 1)
      result = by_pyramid(answer, opened, file, descriptor, request, cache, &done, error);
    if (!done) {
      result = by_sample(answer, file, descriptor, request, progress, error);
      done = result != CHARTS_TYPE; /* of its kind there are no samples, and will be no pyramid */
    }
  }
  if (!done)
    result = window_read_open(answer, descriptor, file, request, error);
  seriesfile_stamp(answer->stamp, &status); /* of before: what is appended meanwhile may be missing */
  return result;
}

charts_status window_read(window *answer, const directory *opened, const char *file, const window_request *request,
                          charts_error *error) {
  int descriptor = -1;
  *answer = (window){.sorted = true};
  charts_status status = directory_open_series(&descriptor, NULL, opened, file, error);
  if (status != CHARTS_OK)
    return status;
  status = window_answer(answer, opened, file, descriptor, request, NULL, error);
  (void)close(descriptor);
  return status;
}

/* ---- The nearest row ---- */

typedef struct nearing {
  const char *file;
  series_kind kind;
  size_t width;
  double x;
  uint64_t begin; /* by a pyramid: the rows that may be it */
  uint64_t end;
  uint64_t place; /* of the first row that is not left of x */
  bool left;      /* a row that can be drawn was seen on this side … */
  bool right;     /* … and on this */
  bool found;
  double row[SUMMARY_WIDTH];
  totals all;
} nearing;

/* False for a row that cannot be drawn. */
static bool take(nearing *in, const double *row) {
  if (summary_is_gap(in->kind, row))
    return false;
  if (!in->found || fabs(row[0] - in->x) < fabs(in->row[0] - in->x))
    memcpy(in->row, row, in->width * sizeof *row);
  in->found = true;
  return true;
}

static charts_status near_run(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                              charts_error *error) {
  const nearing *in = context;
  (void)error;
  if (first >= in->end)
    *step = WALK_STOP;
  else if (first + count > in->begin && !(of->flags & SUMMARY_EMPTY))
    *step = WALK_SPLIT;
  return CHARTS_OK;
}

static charts_status near_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                               charts_error *error) {
  nearing *in = context;
  (void)step;
  (void)error;
  for (size_t i = 0; i < count; i++) {
    if (first + i < in->begin || first + i >= in->end || !take(in, rows + i * in->width))
      continue;
    in->left = in->left || first + i < in->place;
    in->right = in->right || first + i >= in->place;
  }
  return CHARTS_OK;
}

/* Of rows with the same x the first one that can be drawn: finds it once x is known. */
static charts_status first_of_equals(nearing *in, const pyramid_source *source, charts_error *error) {
  pyramid_walk walk = {source, in, near_run, near_rows};
  charts_status status = pyramid_count_below(&in->begin, source, in->row[0], false, error);
  uint64_t count = source->all.count;
  in->found = false;
  in->end = in->begin;
  for (uint64_t reach = 1; status == CHARTS_OK && !in->found; reach *= 16) {
    if (in->end >= count) /* a row that was there is not there: the pyramid does not tell the truth */
      return error_set(error, CHARTS_FORMAT, "%s: the pyramid is damaged", in->file);
    in->end = reach < count - in->begin ? in->begin + reach : count;
    status = pyramid_walk_run(&walk, error);
  }
  return status;
}

/* Looks among ever more rows until there is one that can be drawn on each side, or no more. */
static charts_status nearest_by_pyramid(nearing *in, const pyramid_source *source, charts_error *error) {
  uint64_t count = source->all.count;
  pyramid_walk walk = {source, in, near_run, near_rows};
  charts_status status = pyramid_count_below(&in->place, source, in->x, false, error);
  for (uint64_t reach = 1; status == CHARTS_OK; reach *= 16) {
    in->begin = in->place > reach ? in->place - reach : 0;
    in->end = in->place + reach < count ? in->place + reach : count;
    in->found = false;
    status = pyramid_walk_run(&walk, error);
    if ((in->left || in->begin == 0) && (in->right || in->end == count))
      break;
  }
  bool several = status == CHARTS_OK && in->found && in->row[0] < in->x; /* equal ones may stand further left */
  return several ? first_of_equals(in, source, error) : status;
}

static charts_status near_block(void *context, const series_block *block, charts_error *error) {
  nearing *in = context;
  totals_add_rows(&in->all, in->kind, block->rows, block->count);
  if (!in->all.sorted)
    return error_set(error, CHARTS_LIMIT, "%s: its x is not in order", in->file);
  for (size_t i = 0; i < block->count; i++)
    (void)take(in, block->rows + i * block->width);
  return CHARTS_OK;
}

static charts_status nearest_by_text(nearing *in, int descriptor, charts_error *error) {
  series_head head;
  charts_status status = seriesfile_head(&head, descriptor, in->file, error);
  if (status != CHARTS_OK)
    return status;
  in->kind = head.kind;
  in->width = series_width(head.kind);
  if (pyramid_leaf_rows(head.kind) > 0 || head.kind == SERIES_EMPTY)
    status = seriesfile_points(descriptor, in->file, &head, near_block, in, error);
  else
    status = error_set(error, CHARTS_TYPE, "%s: all of its points are in its windows", in->file);
  series_head_free(&head);
  return status;
}

charts_status window_nearest(window *answer, const directory *opened, const char *file, int descriptor, double x,
                             charts_error *error) {
  int stored = -1;
  struct stat status;
  nearing in = {.file = file, .x = x, .all = totals_none()};
  *answer = (window){.sorted = true, .raw = true};
  charts_status result = CHARTS_OK;
  if (fstat(descriptor, &status) != 0)
    return error_system(error, errno, "cannot read", file);
  pyramid *from = window_open_pyramid(&stored, opened, file, descriptor);
  bool usable = from != NULL && pyramid_state_of(from)->totals.sorted;
  if (usable) {
    pyramid_source source = pyramid_source_of(from, descriptor, file);
    in.kind = pyramid_state_of(from)->kind;
    in.width = series_width(in.kind);
    in.all = source.all;
    result = nearest_by_pyramid(&in, &source, error);
  }
  close_pyramid(from, stored);
  if (!usable || result == CHARTS_FORMAT) {
    in.all = totals_none();
    in.found = false;
    result = nearest_by_text(&in, descriptor, error);
  }
  if (result != CHARTS_OK)
    return result;
  window_describe(answer, in.kind, &in.all);
  seriesfile_stamp(answer->stamp, &status);
  row_columns out = {.file = file, .width = in.width};
  if (in.found)
    result = rows_add(&out, in.row, NULL, NULL, error);
  if (result == CHARTS_OK && in.kind != SERIES_EMPTY)
    window_take(answer, in.kind, &out);
  rows_free(&out);
  return result;
}
