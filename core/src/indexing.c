#include "indexing.h"

#include "pyramidstore.h"
#include "rowscan.h"

#include <errno.h>
#include <unistd.h>

enum { TOLD_EVERY = 1 << 16 };

typedef struct building {
  const indexing *of;
  pyramid_builder *builder;
  pyramid_state state;
  size_t leaf_rows;
  uint64_t size;
  uint64_t told; /* rows */
} building;

static charts_status add_block(void *context, const double *rows, size_t count, uint64_t offset, charts_error *error) {
  building *in = context;
  summary leaf;
  totals_add_rows(&in->state.totals, in->state.kind, rows, count);
  if (count == in->leaf_rows) {
    summary_of_rows(&leaf, in->state.kind, rows, count);
    pyramid_add(in->builder, &leaf, offset);
  } else {
    in->state.tail = offset;
  }
  if (in->state.totals.count - in->told < TOLD_EVERY)
    return CHARTS_OK;
  in->told = in->state.totals.count;
  bool go_on = in->of->progress == NULL || in->of->progress(in->of->context, (double)offset / (double)in->size);
  return go_on ? CHARTS_OK : error_set(error, CHARTS_INTERRUPTED, "the indexing was ended");
}

/* Reads all rows into the builder. */
static charts_status build(building *in, const series_head *head, charts_error *error) {
  rowscan scan = {.file = in->of->descriptor,
                  .name = in->of->file,
                  .kind = head->kind,
                  .start = in->state.start,
                  .interval = in->state.interval,
                  .from = head->data_start + 1,
                  .limit = head->limit,
                  .block = in->leaf_rows};
  charts_status status = rowscan_run(&scan, add_block, in, error);
  if (status != CHARTS_OK)
    return status;
  if (scan.odd)
    return error_set(error, CHARTS_TYPE, "%s: its rows are not plain numbers", in->of->file);
  in->state.data_end = scan.last;
  if (in->state.totals.count % in->leaf_rows == 0)
    in->state.tail = scan.last;
  return CHARTS_OK;
}

static charts_status no_place(const indexing *of, charts_error *error) {
  return error_set(error, CHARTS_REFUSED, "%s: there is no place for its pyramid", of->file);
}

static charts_status store(building *in, pyramidstore_new *made, const struct stat *before, charts_error *error) {
  struct stat after;
  pyramid_stamp stamp = pyramid_stamp_of(before, in->of->settled);
  if (!pyramid_pays(in->state.kind, in->state.totals.count))
    return error_set(error, CHARTS_TYPE, "%s: it is too short for a pyramid", in->of->file);
  if (!pyramid_finish(in->builder, &in->state))
    return no_place(in->of, error);
  if (fstat(in->of->descriptor, &after) != 0)
    return error_system(error, errno, "cannot read", in->of->file);
  pyramid_stamp now = pyramid_stamp_of(&after, in->of->settled);
  if (!pyramid_stamp_equal(&stamp, &now))
    return error_set(error, CHARTS_REFUSED, "%s: it changed while it was read", in->of->file);
  if (!pyramidstore_commit(made, directory_own(in->of->opened), in->of->file, &stamp))
    return no_place(in->of, error);
  return CHARTS_OK;
}

static charts_status run(building *in, const series_head *head, const struct stat *before, charts_error *error) {
  const directory *opened = in->of->opened;
  pyramidstore_new made;
  storage_lock temporaries = {-1}; /* without it the work may be swept away, and is done anew */
  (void)!storage_lock_temporaries(&temporaries, directory_own(opened), directory_path(opened), NULL);
  int file = pyramidstore_create(&made, directory_own(opened));
  if (file < 0) {
    storage_lock_release(&temporaries);
    return no_place(in->of, error);
  }
  in->builder = pyramid_begin(file, head->kind);
  charts_status status = in->builder != NULL ? build(in, head, error) : error_memory(error);
  if (status == CHARTS_OK)
    status = store(in, &made, before, error);
  pyramid_builder_free(in->builder);
  (void)close(file);
  pyramidstore_discard(&made, directory_own(opened));
  storage_lock_release(&temporaries);
  return status;
}

charts_status indexing_run(const indexing *of, charts_error *error) {
  struct stat before;
  series_head head;
  if (fstat(of->descriptor, &before) != 0)
    return error_system(error, errno, "cannot read", of->file);
  charts_status status = seriesfile_head(&head, of->descriptor, of->file, error);
  if (status != CHARTS_OK)
    return status;
  building in = {.of = of, .leaf_rows = pyramid_leaf_rows(head.kind), .size = (uint64_t)before.st_size};
  in.state = (pyramid_state){.kind = head.kind, .data_start = head.data_start, .totals = totals_none()};
  seriesfile_counted_x(head.attributes, &in.state.start, &in.state.interval);
  if (in.leaf_rows > 0)
    status = run(&in, &head, &before, error);
  else
    status = error_set(error, CHARTS_TYPE, "%s: its kind has no pyramid", of->file);
  series_head_free(&head);
  return status;
}
