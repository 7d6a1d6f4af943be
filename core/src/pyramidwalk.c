#include "pyramidwalk.h"

#include "rowscan.h"

#include <stdlib.h>
#include <string.h>

enum { LEAF_ROWS_MOST = 64, CELL_BYTES = 26, TEXT_FIRST = 1 << 16 };

typedef struct walking {
  const pyramid_walk *walk;
  const pyramid_state *state;
  size_t leaf_rows;
  size_t text_size;
  char *text;
  size_t span; /* bytes of the leaf that was read last: the next one is hardly longer */
  double *rows;
  walk_step step;
  charts_error *error;
} walking;

static charts_status disagree(const walking *in) {
  return error_set(in->error, CHARTS_FORMAT, "%s: the pyramid does not fit the file", in->walk->name);
}

/* Reads up to `room` rows that stand at [from, at most end); *whole tells whether that was enough text. */
static charts_status read_rows(walking *in, uint64_t from, size_t length, uint64_t place, size_t room, size_t *count,
                               rowtext_end *ended) {
  uint64_t end = in->state->data_end + 1; /* what follows a number tells where it ends */
  if (length > end - from)
    length = (size_t)(end - from);
  if (length > in->text_size) {
    char *text = memory_resize(in->text, length);
    if (text == NULL)
      return error_memory(in->error);
    in->text = text;
    in->text_size = length;
  }
  size_t got = 0;
  charts_status status = rowscan_bytes(in->walk->file, in->walk->name, in->text, length, from, &got, in->error);
  if (status != CHARTS_OK)
    return status;
  bool all = from + length == end;
  rowtext text = {.kind = in->state->kind,
                  .start = in->state->start,
                  .interval = in->state->interval,
                  .place = place,
                  .at = in->text,
                  .end = in->text + got,
                  .last = all,
                  .cut = all};
  *ended = rowtext_read(&text, in->rows, room, count);
  in->span = (size_t)(text.at - in->text);
  return got == length ? CHARTS_OK : disagree(in);
}

/* Reads `wanted` rows that stand at `from`, in about `length` bytes. Anybody may have written the pyramid: only rows
 * that are there let the text in memory grow. */
static charts_status read_run(walking *in, uint64_t from, uint64_t length, uint64_t place, size_t wanted) {
  size_t count = 0;
  rowtext_end ended = ROWTEXT_MORE;
  if (length > TEXT_FIRST)
    length = TEXT_FIRST;
  for (;; length *= 2) {
    charts_status status = read_rows(in, from, (size_t)length, place, wanted, &count, &ended);
    if (status != CHARTS_OK)
      return status;
    if (ended != ROWTEXT_MORE || length > in->state->data_end - from)
      return count == wanted ? CHARTS_OK : disagree(in);
  }
}

/* Reads the rows of a leaf; `next` is the offset of the one that follows, or 0. */
static charts_status read_leaf(walking *in, const pyramid_node *leaf, uint64_t next, uint64_t first) {
  if (next > 0 && next <= leaf->text)
    return disagree(in);
  uint64_t length = next > 0 ? next - leaf->text : in->span + in->span / 8 + CELL_BYTES;
  charts_status status = read_run(in, leaf->text, length, first, in->leaf_rows);
  if (status != CHARTS_OK)
    return status;
  size_t width = series_width(in->state->kind);
  const double *last = in->rows + (in->leaf_rows - 1) * width;
  if (in->rows[0] != leaf->run.x_first || *last != leaf->run.x_last)
    return disagree(in);
  return in->walk->rows(in->walk->context, in->rows, in->leaf_rows, first, &in->step, in->error);
}

/* Shows `count` nodes of one parent, and the parts of those that are split. */
static charts_status visit(walking *in, size_t segment, unsigned level, uint64_t place, size_t count) {
  pyramid_node nodes[PYRAMID_FANOUT];
  uint64_t rows = (uint64_t)in->leaf_rows << (4 * level);
  charts_status status = pyramid_nodes(in->walk->from, segment, level, place, count, nodes, in->error);
  for (size_t i = 0; status == CHARTS_OK && i < count && in->step != WALK_STOP; i++) {
    uint64_t first = pyramid_first_leaf(segment) * in->leaf_rows + (place + i) * rows;
    in->step = WALK_ON;
    status = in->walk->run(in->walk->context, &nodes[i].run, first, rows, &in->step, in->error);
    if (status != CHARTS_OK || in->step != WALK_SPLIT)
      continue;
    in->step = WALK_ON;
    status = level > 0 ? visit(in, segment, level - 1, (place + i) * PYRAMID_FANOUT, PYRAMID_FANOUT)
                       : read_leaf(in, &nodes[i], i + 1 < count ? nodes[i + 1].text : 0, first);
  }
  return status;
}

/* Shows the whole nodes of a segment that stand under no whole parent, the highest first: these are all its leaves. */
static charts_status visit_segment(walking *in, size_t segment) {
  uint64_t from = 0; /* in nodes of the level at hand */
  charts_status status = CHARTS_OK;
  for (unsigned level = pyramid_levels(segment); level-- > 0 && status == CHARTS_OK;) {
    uint64_t whole = pyramid_whole(segment, level, in->state->leaves);
    while (from < whole && status == CHARTS_OK && in->step != WALK_STOP) {
      size_t count = whole - from < PYRAMID_FANOUT ? (size_t)(whole - from) : PYRAMID_FANOUT;
      status = visit(in, segment, level, from, count);
      from += count;
    }
    from = whole * PYRAMID_FANOUT;
  }
  return status;
}

static charts_status visit_tail(walking *in) {
  uint64_t first = in->state->leaves * in->leaf_rows;
  size_t wanted = (size_t)(in->state->totals.count - first);
  if (wanted == 0)
    return CHARTS_OK;
  charts_status status = read_run(in, in->state->tail, in->state->data_end + 1 - in->state->tail, first, wanted);
  if (status != CHARTS_OK)
    return status;
  return in->walk->rows(in->walk->context, in->rows, wanted, first, &in->step, in->error);
}

charts_status pyramid_walk_run(const pyramid_walk *walk, charts_error *error) {
  walking in = {.walk = walk, .state = pyramid_state_of(walk->from), .error = error};
  in.leaf_rows = pyramid_leaf_rows(in.state->kind);
  in.span = in.leaf_rows * series_width(in.state->kind) * CELL_BYTES;
  in.rows = memory_new(sizeof *in.rows * LEAF_ROWS_MOST * SUMMARY_WIDTH);
  charts_status status = in.rows != NULL ? CHARTS_OK : error_memory(error);
  size_t segments = pyramid_segments(in.state->leaves);
  for (size_t segment = 0; segment < segments && status == CHARTS_OK && in.step != WALK_STOP; segment++)
    status = visit_segment(&in, segment);
  if (status == CHARTS_OK && in.step != WALK_STOP)
    status = visit_tail(&in);
  free(in.text);
  free(in.rows);
  return status;
}

/* ---- Counting ---- */

typedef struct counting {
  double x;
  bool inclusive;
  size_t width;
  uint64_t count;
} counting;

static bool is_below(const counting *of, double x) {
  return of->inclusive ? x <= of->x : x < of->x;
}

static charts_status count_run(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                               charts_error *error) {
  counting *in = context;
  (void)first;
  (void)error;
  if (is_below(in, of->x_last))
    in->count += count;
  else
    *step = is_below(in, of->x_first) ? WALK_SPLIT : WALK_STOP;
  return CHARTS_OK;
}

static charts_status count_rows(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                                charts_error *error) {
  counting *in = context;
  size_t below = 0;
  (void)first;
  (void)error;
  while (below < count && is_below(in, rows[below * in->width]))
    below++;
  in->count += below;
  if (below < count)
    *step = WALK_STOP;
  return CHARTS_OK;
}

charts_status pyramid_count_below(uint64_t *count, pyramid *from, int file, const char *name, double x, bool inclusive,
                                  charts_error *error) {
  const pyramid_state *state = pyramid_state_of(from);
  counting in = {x, inclusive, series_width(state->kind), 0};
  pyramid_walk walk = {from, file, name, &in, count_run, count_rows};
  *count = 0;
  if (is_below(&in, state->totals.last_x)) { /* the commonest ends need no reading */
    *count = state->totals.count;
    return CHARTS_OK;
  }
  charts_status status = is_below(&in, state->totals.x[0]) ? pyramid_walk_run(&walk, error) : CHARTS_OK;
  *count = in.count;
  return status;
}
