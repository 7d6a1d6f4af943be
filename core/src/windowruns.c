#include "windowruns.h"

#include "worker.h"

#include <stdlib.h>

enum {
  PARTS_MOST = 4,
  PART_ROWS = 600000, /* of fewer, most of the time goes into what threads do not share; a drag asks for many such */
  PART_COLUMNS = 150
};

typedef struct column_run {
  long column;
  summary run;
} column_run;

/* A part of the rows, and the runs found in it. */
typedef struct part {
  pyramid_source source; /* each part reads by a pyramid of its own */
  pyramid *own;
  const window_grid *grid;
  series_kind kind;
  uint64_t begin;
  uint64_t end;
  column_run *runs;
  size_t count;
  size_t capacity;
  charts_status status;
  charts_error error;
  pthread_t thread;
  bool started;
} part;

static charts_status add(part *to, long column, const summary *run, charts_error *error) {
  bool inside = column >= 0 && column < (long)to->grid->columns;
  if (to->count > 0 && inside && to->runs[to->count - 1].column == column) {
    summary_add(&to->runs[to->count - 1].run, to->kind, run);
    return CHARTS_OK;
  }
  if (to->count > 0 && column < to->runs[to->count - 1].column) /* a pyramid said that x is in order */
    return error_set(error, CHARTS_FORMAT, "%s: its x is not in order", to->source.name);
  if (to->count == to->capacity) {
    size_t capacity = to->capacity > 0 ? to->capacity * 2 : 256;
    column_run *runs = memory_resize(to->runs, capacity * sizeof *runs);
    if (runs == NULL)
      return error_memory(error);
    to->runs = runs;
    to->capacity = capacity;
  }
  to->runs[to->count++] = (column_run){column, *run};
  return CHARTS_OK;
}

static charts_status take_run(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                              charts_error *error) {
  part *in = context;
  if (first >= in->end)
    *step = WALK_STOP;
  if (first + count <= in->begin || first >= in->end)
    return CHARTS_OK;
  *step = WALK_SPLIT;
  const window_grid *grid = in->grid;
  if (first < in->begin || first + count > in->end || (grid->logarithmic && of->x_first <= 0))
    return CHARTS_OK;
  long column = window_grid_place(grid, of->x_first);
  bool inside = column >= 0 && column < (long)grid->columns;
  if (!inside || window_grid_place(grid, of->x_last) != column)
    return CHARTS_OK;
  *step = WALK_ON;
  return add(in, column, of, error);
}

static charts_status take_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                               charts_error *error) {
  part *in = context;
  size_t width = series_width(in->kind);
  charts_status status = CHARTS_OK;
  (void)step;
  size_t end = first + count > in->end ? (size_t)(in->end > first ? in->end - first : 0) : count;
  for (size_t i = first < in->begin ? (size_t)(in->begin - first) : 0; i < end && status == CHARTS_OK;) {
    const double *row = rows + i * width;
    long column = window_grid_place(in->grid, row[0]);
    bool inside = column >= 0 && column < (long)in->grid->columns;
    size_t behind = i + 1;
    while (inside && behind < end && window_grid_place(in->grid, rows[behind * width]) == column)
      behind++;
    summary run;
    summary_of_rows(&run, in->kind, row, behind - i);
    if (in->grid->logarithmic && row[0] <= 0)
      run.flags = SUMMARY_EMPTY;
    status = add(in, column, &run, error);
    i = behind;
  }
  return status;
}

static void *read_part(void *context) {
  part *in = context;
  pyramid_walk by = {&in->source, in, take_run, take_rows};
  in->status = pyramid_walk_run(&by, &in->error);
  return NULL;
}

/* How many parts pay. Rows that a function gives are read by one thread. */
static size_t part_count(const pyramid_source *source, const window_grid *grid, uint64_t rows) {
  size_t most = worker_processors();
  if (source->read != NULL)
    return 1;
  if (most > PARTS_MOST)
    most = PARTS_MOST;
  while (most > 1 && (rows / most < PART_ROWS || grid->columns / most < PART_COLUMNS))
    most--;
  return most;
}

/* Starts the parts but the first, which is the caller's; where the system refuses, they are his too. */
static void start_parts(part *parts, size_t count) {
  for (size_t i = 1; i < count; i++) {
    parts[i].own = pyramid_reopen(parts[0].source.from);
    if (parts[i].own == NULL)
      continue;
    parts[i].source.from = parts[i].own;
    parts[i].started = worker_start(&parts[i].thread, read_part, &parts[i]);
  }
}

charts_status windowruns_reduce(reduction *to, const pyramid_source *source, uint64_t begin, uint64_t end,
                                charts_error *error) {
  size_t count = part_count(source, &to->grid, end - begin);
  part *parts = memory_new_zeroed(count, sizeof *parts);
  if (parts == NULL)
    return error_memory(error);
  for (size_t i = 0; i < count; i++) {
    parts[i] = (part){.source = *source, .grid = &to->grid, .kind = to->kind};
    parts[i].begin = begin + (end - begin) / count * i;
    parts[i].end = i + 1 < count ? begin + (end - begin) / count * (i + 1) : end;
  }
  start_parts(parts, count);
  for (size_t i = 0; i < count; i++)
    if (!parts[i].started)
      (void)read_part(&parts[i]);
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < count; i++) {
    if (parts[i].started)
      (void)pthread_join(parts[i].thread, NULL);
    if (status == CHARTS_OK && parts[i].status != CHARTS_OK)
      status = error_set(error, parts[i].status, "%s", parts[i].error.message);
    for (size_t j = 0; j < parts[i].count && status == CHARTS_OK; j++)
      status = reduction_add(to, parts[i].runs[j].column, &parts[i].runs[j].run, error);
    pyramid_close(parts[i].own);
    free(parts[i].runs);
  }
  free(parts);
  return status;
}
