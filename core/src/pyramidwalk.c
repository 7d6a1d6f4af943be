#include "pyramidwalk.h"
#include "filebytes.h"

#include "rowscan.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_BYTES = 26, TEXT_FIRST = 1 << 16 };

/* Reading rows from the text of a series file. */
struct pyramid_rows {
  const pyramid_source *source;
  const pyramid_state *state;
  size_t leaf_rows;
  size_t width;
  size_t text_size;
  char *text;
  size_t span; /* bytes of the leaf that was read last: the next one is hardly longer */
  double rows[PYRAMID_ROWS_MOST * SUMMARY_WIDTH];
  uint64_t first; /* row of the leaf that is at hand */
  size_t count;
};

typedef struct walking {
  const pyramid_walk *walk;
  pyramid_rows *reader;
  size_t leaf_rows;
  uint64_t leaves;
  walk_step step;
  charts_error *error;
} walking;

pyramid_source pyramid_source_of(pyramid *from, int file, const char *name) {
  return (pyramid_source){.from = from, .all = pyramid_state_of(from)->totals, .file = file, .name = name};
}

/* ---- Rows ---- */

pyramid_rows *pyramid_rows_open(const pyramid_source *source) {
  pyramid_rows *made = memory_new_zeroed(1, sizeof *made);
  if (made == NULL)
    return NULL;
  made->source = source;
  made->state = pyramid_state_of(source->from);
  made->leaf_rows = pyramid_leaf_rows(made->state->kind);
  made->width = series_width(made->state->kind);
  made->span = made->leaf_rows * made->width * CELL_BYTES;
  return made;
}

void pyramid_rows_close(pyramid_rows *of) {
  if (of == NULL)
    return;
  free(of->text);
  free(of);
}

static charts_status disagree(const pyramid_rows *of, charts_error *error) {
  return error_set(error, CHARTS_FORMAT, "%s: the pyramid does not fit the file", of->source->name);
}

/* Reads up to `room` rows that stand at `from`, in at most `length` bytes. */
static charts_status read_text(pyramid_rows *of, uint64_t from, size_t length, uint64_t place, size_t room,
                               rowtext_end *ended, charts_error *error) {
  uint64_t end = of->state->data_end + 1; /* what follows a number tells where it ends */
  if (length > end - from)
    length = (size_t)(end - from);
  if (length > of->text_size) {
    char *text = memory_resize(of->text, length);
    if (text == NULL)
      return error_memory(error);
    of->text = text;
    of->text_size = length;
  }
  size_t got = 0;
  charts_status status = filebytes_read(of->source->file, of->source->name, of->text, length, from, &got, error);
  if (status != CHARTS_OK)
    return status;
  bool all = from + length == end;
  rowtext text = {.kind = of->state->kind,
                  .start = of->state->start,
                  .interval = of->state->interval,
                  .place = place,
                  .at = of->text,
                  .end = of->text + got,
                  .last = all,
                  .cut = all};
  *ended = rowtext_read(&text, of->rows, room, &of->count);
  of->first = place;
  of->span = (size_t)(text.at - of->text);
  return got == length ? CHARTS_OK : disagree(of, error);
}

/* Reads `wanted` rows that stand at `from`, in about `length` bytes. Anybody may have written the pyramid: only rows
 * that are there let the text in memory grow. */
static charts_status read_run(pyramid_rows *of, uint64_t from, uint64_t length, uint64_t place, size_t wanted,
                              charts_error *error) {
  rowtext_end ended = ROWTEXT_MORE;
  if (length > TEXT_FIRST)
    length = TEXT_FIRST;
  for (;; length *= 2) {
    charts_status status = read_text(of, from, (size_t)length, place, wanted, &ended, error);
    if (status != CHARTS_OK)
      return status;
    if (ended != ROWTEXT_MORE || length > of->state->data_end - from)
      return of->count == wanted ? CHARTS_OK : disagree(of, error);
  }
}

/* Reads rows by the source's function. */
static charts_status read_given(pyramid_rows *of, uint64_t first, size_t count, charts_error *error) {
  of->first = first;
  of->count = count;
  return of->source->read(of->source->context, of->rows, first, count, error);
}

/* Reads the rows of a leaf; `next` is the offset of the one that follows, or 0. */
static charts_status read_leaf(pyramid_rows *of, const pyramid_node *leaf, uint64_t next, uint64_t first,
                               charts_error *error) {
  of->count = 0;
  if (of->source->read != NULL)
    return read_given(of, first, of->leaf_rows, error);
  if (next > 0 && next <= leaf->text)
    return disagree(of, error);
  uint64_t length = next > 0 ? next - leaf->text : of->span + of->span / 8 + CELL_BYTES;
  charts_status status = read_run(of, leaf->text, length, first, of->leaf_rows, error);
  if (status != CHARTS_OK)
    return status;
  const double *last = of->rows + (of->leaf_rows - 1) * of->width;
  return of->rows[0] == leaf->run.x_first && *last == leaf->run.x_last ? CHARTS_OK : disagree(of, error);
}

/* Reads the rows behind the last leaf, or with `read` the next ones of them from `first` on. */
static charts_status read_tail(pyramid_rows *of, uint64_t first, charts_error *error) {
  uint64_t left = of->source->all.count - first;
  size_t wanted = left < PYRAMID_ROWS_MOST ? (size_t)left : PYRAMID_ROWS_MOST;
  if (of->source->read != NULL)
    return read_given(of, first, wanted, error);
  return read_run(of, of->state->tail, of->state->data_end + 1 - of->state->tail, first, wanted, error);
}

/* Makes the rows at hand those around the row `first`. */
static charts_status find_rows(pyramid_rows *of, uint64_t first, charts_error *error) {
  if (of->count > 0 && first >= of->first && first < of->first + of->count)
    return CHARTS_OK;
  uint64_t leaf = first / of->leaf_rows;
  if (leaf >= of->state->leaves)
    return read_tail(of, of->state->leaves * of->leaf_rows, error);
  pyramid_node nodes[2];
  size_t segment = pyramid_segments(leaf + 1) - 1;
  uint64_t place = leaf - pyramid_first_leaf(segment);
  size_t count = place + 1 < pyramid_whole(segment, 0, of->state->leaves) ? 2 : 1;
  charts_status status = pyramid_nodes(of->source->from, segment, 0, place, count, nodes, error);
  return status == CHARTS_OK ? read_leaf(of, &nodes[0], count == 2 ? nodes[1].text : 0, leaf * of->leaf_rows, error)
                             : status;
}

charts_status pyramid_rows_read(pyramid_rows *of, double *rows, uint64_t first, size_t count, charts_error *error) {
  for (size_t done = 0; done < count;) {
    charts_status status = find_rows(of, first + done, error);
    if (status != CHARTS_OK)
      return status;
    size_t from = (size_t)(first + done - of->first);
    if (from >= of->count)
      return disagree(of, error);
    size_t some = of->count - from < count - done ? of->count - from : count - done;
    memcpy(rows + done * of->width, of->rows + from * of->width, some * of->width * sizeof *rows);
    done += some;
  }
  return CHARTS_OK;
}

/* ---- Walking ---- */

static charts_status hand_over(walking *in) {
  return in->walk->rows(in->walk->context, in->reader->rows, in->reader->count, in->reader->first, &in->step,
                        in->error);
}

static charts_status show_leaf(walking *in, const pyramid_node *leaf, uint64_t next, uint64_t first) {
  charts_status status = read_leaf(in->reader, leaf, next, first, in->error);
  return status == CHARTS_OK ? hand_over(in) : status;
}

/* Shows `count` nodes of one parent, and the parts of those that are split. */
static charts_status visit(walking *in, size_t segment, unsigned level, uint64_t place, size_t count) {
  pyramid_node nodes[PYRAMID_FANOUT];
  uint64_t rows = (uint64_t)in->leaf_rows << (4 * level);
  charts_status status = pyramid_nodes(in->walk->source->from, segment, level, place, count, nodes, in->error);
  for (size_t i = 0; status == CHARTS_OK && i < count && in->step != WALK_STOP; i++) {
    uint64_t first = pyramid_first_leaf(segment) * in->leaf_rows + (place + i) * rows;
    in->step = WALK_ON;
    status = in->walk->run(in->walk->context, &nodes[i].run, first, rows, &in->step, in->error);
    if (status != CHARTS_OK || in->step != WALK_SPLIT)
      continue;
    in->step = WALK_ON;
    status = level > 0 ? visit(in, segment, level - 1, (place + i) * PYRAMID_FANOUT, PYRAMID_FANOUT)
                       : show_leaf(in, &nodes[i], i + 1 < count ? nodes[i + 1].text : 0, first);
  }
  return status;
}

/* Shows the whole nodes of a segment that stand under no whole parent, the highest first: these are all its leaves. */
static charts_status visit_segment(walking *in, size_t segment) {
  uint64_t from = 0; /* in nodes of the level at hand */
  charts_status status = CHARTS_OK;
  for (unsigned level = pyramid_levels(segment); level-- > 0 && status == CHARTS_OK;) {
    uint64_t whole = pyramid_whole(segment, level, in->leaves);
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
  charts_status status = CHARTS_OK;
  uint64_t first = in->leaves * in->leaf_rows;
  while (first < in->walk->source->all.count && status == CHARTS_OK && in->step != WALK_STOP) {
    status = read_tail(in->reader, first, in->error);
    if (status == CHARTS_OK)
      status = hand_over(in);
    first += in->reader->count;
  }
  return status;
}

charts_status pyramid_walk_run(const pyramid_walk *walk, charts_error *error) {
  const pyramid_state *state = pyramid_state_of(walk->source->from);
  walking in = {.walk = walk, .leaf_rows = pyramid_leaf_rows(state->kind), .leaves = state->leaves, .error = error};
  in.reader = pyramid_rows_open(walk->source);
  charts_status status = in.reader != NULL ? CHARTS_OK : error_memory(error);
  size_t segments = pyramid_segments(in.leaves);
  for (size_t segment = 0; segment < segments && status == CHARTS_OK && in.step != WALK_STOP; segment++)
    status = visit_segment(&in, segment);
  if (status == CHARTS_OK && in.step != WALK_STOP)
    status = visit_tail(&in);
  pyramid_rows_close(in.reader);
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

charts_status pyramid_count_below(uint64_t *count, const pyramid_source *source, double x, bool inclusive,
                                  charts_error *error) {
  counting in = {x, inclusive, series_width(pyramid_state_of(source->from)->kind), 0};
  pyramid_walk walk = {source, &in, count_run, count_rows};
  if (is_below(&in, source->all.last_x)) { /* the commonest ends need no reading */
    *count = source->all.count;
    return CHARTS_OK;
  }
  charts_status status = is_below(&in, source->all.x[0]) ? pyramid_walk_run(&walk, error) : CHARTS_OK;
  *count = in.count;
  return status;
}
