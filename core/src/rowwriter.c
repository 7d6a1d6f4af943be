#include "rowwriter.h"

#include "decimal.h"
#include "rowblock.h"
#include "worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 4096, SLOTS = 6, HELPERS_MOST = 3, LEAVES = BLOCK_ROWS / 16, PARALLEL_ROWS = 4 * BLOCK_ROWS };

typedef enum slot_state { SLOT_FREE, SLOT_FILLED, SLOT_TAKEN, SLOT_DONE } slot_state;

/* A block of rows on its way to text. */
typedef struct slot {
  slot_state state;
  bool fill; /* the thread that formats it reads the columns itself */
  bool behind;
  size_t first;
  size_t count;
  double *rows;
  char *text;
  size_t length;
  size_t leaves;
  summary leaf[LEAVES];
  size_t leaf_text[LEAVES + 1]; /* where leaves begin in the text; the last one may not be whole */
  totals totals;
} slot;

/* The blocks of one series: filled in order on the calling thread, formatted anywhere, written in order. */
typedef struct line {
  const series *from;
  series_kind kind;
  double start;
  double interval;
  uint64_t place; /* of the series' first row, in the file */
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool stopping;
  pthread_t helpers[HELPERS_MOST];
  size_t helper_count;
  size_t block_rows; /* most rows of a block */
  size_t slot_count;
  slot slots[SLOTS];
} line;

/* ---- Formatting ---- */

static char *write_cell(char *at, double number) {
  static const char missing[4] = {'n', 'u', 'l', 'l'};
  if (isfinite(number))
    return at + decimal_write(at, number);
  memcpy(at, missing, sizeof missing);
  return at + sizeof missing;
}

static char *write_row(char *at, const double *row, size_t width, bool bare) {
  if (bare)
    return write_cell(at, row[1]);
  *at++ = '[';
  for (size_t i = 0; i < width; i++) {
    if (i > 0)
      *at++ = ',';
    at = write_cell(at, row[i]);
  }
  *at++ = ']';
  return at;
}

static void format(const line *of, slot *block) {
  const size_t width = series_width(of->kind);
  const size_t leaf = pyramid_leaf_rows(of->kind);
  if (block->fill)
    rowblock_columns(of->from, block->first, block->count, block->rows);
  if (of->kind == SERIES_Y)
    for (size_t i = 0; i < block->count; i++)
      block->rows[2 * i] = of->start + of->interval * (double)(of->place + block->first + i);
  char *at = block->text;
  for (size_t i = 0; i < block->count; i++) {
    if (i > 0 || block->behind)
      *at++ = ',';
    if (i % leaf == 0)
      block->leaf_text[i / leaf] = (size_t)(at - block->text);
    at = write_row(at, block->rows + i * width, width, of->kind == SERIES_Y);
  }
  block->length = (size_t)(at - block->text);
  block->leaves = block->count / leaf;
  for (size_t i = 0; i < block->leaves; i++)
    summary_of_rows(&block->leaf[i], of->kind, block->rows + i * leaf * width, leaf);
  block->totals = totals_none();
  totals_add_rows(&block->totals, of->kind, block->rows, block->count);
}

/* Formats the oldest block that waits for it, if there is one. The mutex is held, but not while formatting. */
static bool format_one(line *of) {
  slot *next = NULL;
  for (size_t i = 0; i < of->slot_count; i++)
    if (of->slots[i].state == SLOT_FILLED && (next == NULL || of->slots[i].first < next->first))
      next = &of->slots[i];
  if (next == NULL)
    return false;
  next->state = SLOT_TAKEN;
  pthread_mutex_unlock(&of->mutex);
  format(of, next);
  pthread_mutex_lock(&of->mutex);
  next->state = SLOT_DONE;
  pthread_cond_broadcast(&of->changed);
  return true;
}

static void *help(void *context) {
  line *of = context;
  pthread_mutex_lock(&of->mutex);
  while (!of->stopping)
    if (!format_one(of))
      pthread_cond_wait(&of->changed, &of->mutex);
  pthread_mutex_unlock(&of->mutex);
  return NULL;
}

/* ---- Helpers ---- */

/* Starts as many threads as pay; fewer, or none, where the system refuses. */
static void start_helpers(line *of) {
  size_t wanted = worker_processors() - 1;
  for (size_t i = 0; i < wanted && i < HELPERS_MOST; i++)
    if (worker_start(&of->helpers[of->helper_count], help, of))
      of->helper_count++;
}

static void stop_helpers(line *of) {
  pthread_mutex_lock(&of->mutex);
  of->stopping = true;
  pthread_cond_broadcast(&of->changed);
  pthread_mutex_unlock(&of->mutex);
  for (size_t i = 0; i < of->helper_count; i++)
    (void)pthread_join(of->helpers[i], NULL);
}

/* ---- Leaves ---- */

/* Keeps rows of a leaf that is not whole yet; they stand at `text`. */
static void keep_pending(rowwriter *writer, const double *rows, size_t count, uint64_t text) {
  size_t width = series_width(writer->state.kind);
  if (writer->pending_count == 0)
    writer->state.tail = text;
  memcpy(writer->pending + writer->pending_count * width, rows, count * width * sizeof *rows);
  writer->pending_count += count;
  if (writer->pending_count < pyramid_leaf_rows(writer->state.kind))
    return;
  summary leaf;
  summary_of_rows(&leaf, writer->state.kind, writer->pending, writer->pending_count);
  if (writer->to->pyramid != NULL)
    pyramid_add(writer->to->pyramid, &leaf, writer->state.tail);
  writer->pending_count = 0;
}

/* Writes a block's text, and adds its leaves: it begins where a leaf does, or completes one. */
static charts_status write_block(rowwriter *writer, const slot *block, charts_error *error) {
  const series_output *to = writer->to;
  const size_t leaf = pyramid_leaf_rows(writer->state.kind);
  const size_t width = series_width(writer->state.kind);
  const uint64_t base = writer->state.data_end;
  charts_status status = to->write(to->context, block->text, block->length, error);
  if (status != CHARTS_OK)
    return status;
  totals_add(&writer->state.totals, &block->totals, block->rows[0]);
  size_t done = 0;
  if (writer->pending_count > 0) {
    done = block->count;
    keep_pending(writer, block->rows, block->count, base + block->leaf_text[0]);
  }
  for (size_t i = 0; i < block->leaves && done == 0 && to->pyramid != NULL; i++)
    pyramid_add(to->pyramid, &block->leaf[i], base + block->leaf_text[i]);
  if (done == 0 && block->count > block->leaves * leaf)
    keep_pending(writer, block->rows + block->leaves * leaf * width, block->count - block->leaves * leaf,
                 base + block->leaf_text[block->leaves]);
  writer->state.data_end = base + block->length;
  return CHARTS_OK;
}

/* ---- The line ---- */

static bool line_begin(line *of, const rowwriter *writer, const series *from) {
  *of = (line){.from = from,
               .kind = writer->state.kind,
               .start = writer->state.start,
               .interval = writer->state.interval,
               .place = writer->state.totals.count};
  pthread_mutex_init(&of->mutex, NULL);
  pthread_cond_init(&of->changed, NULL);
  size_t width = series_width(of->kind);
  bool whole = true;
  bool small = from->reader == NULL && from->count < BLOCK_ROWS; /* two blocks: the first may end a leaf */
  of->block_rows = small ? from->count + 1 : BLOCK_ROWS;
  of->slot_count = small ? 2 : SLOTS;
  for (size_t i = 0; i < of->slot_count; i++) {
    of->slots[i].rows = memory_new(of->block_rows * width * sizeof(double));
    of->slots[i].text = memory_new(of->block_rows * (width * (DECIMAL_ROOM + 1) + 3));
    whole = whole && of->slots[i].rows != NULL && of->slots[i].text != NULL;
  }
  return whole;
}

static void line_end(line *of) {
  stop_helpers(of);
  for (size_t i = 0; i < of->slot_count; i++) {
    free(of->slots[i].rows);
    free(of->slots[i].text);
  }
  pthread_cond_destroy(&of->changed);
  pthread_mutex_destroy(&of->mutex);
}

/* Fills the next block, or leaves that to who formats it. The first one completes the leaf that was begun. */
static charts_status fill(line *of, rowblock *source, const rowwriter *writer, slot *block, size_t first, bool behind,
                          charts_error *error) {
  size_t room = of->block_rows;
  if (writer->pending_count > 0 && first == 0 && room > pyramid_leaf_rows(of->kind) - writer->pending_count)
    room = pyramid_leaf_rows(of->kind) - writer->pending_count;
  block->first = first;
  block->behind = behind;
  block->fill = source->shared;
  block->count = 0;
  if (!source->shared)
    return rowblock_next(source, block->rows, room, &block->count, error);
  size_t left = of->from->count - first;
  block->count = left < room ? left : room;
  return CHARTS_OK;
}

/* Fills free blocks and formats others until the one at `place` is done. The mutex is held. */
static void wait_for(line *of, size_t place) {
  while (of->slots[place].state != SLOT_DONE)
    if (!format_one(of))
      pthread_cond_wait(&of->changed, &of->mutex);
}

static charts_status run(line *of, rowwriter *writer, rowblock *source, charts_error *error) {
  const series_output *to = writer->to;
  charts_status status = CHARTS_OK;
  size_t filled = 0; /* blocks */
  size_t written = 0;
  size_t rows = 0;
  bool ended = false;
  while (status == CHARTS_OK && !(ended && written == filled)) {
    while (!ended && filled - written < of->slot_count && status == CHARTS_OK) {
      slot *block = &of->slots[filled % of->slot_count];
      status = fill(of, source, writer, block, rows, writer->behind || rows > 0, error);
      ended = status != CHARTS_OK || block->count == 0;
      if (ended)
        break;
      rows += block->count;
      filled++;
      pthread_mutex_lock(&of->mutex);
      block->state = SLOT_FILLED;
      pthread_cond_signal(&of->changed);
      pthread_mutex_unlock(&of->mutex);
    }
    if (status != CHARTS_OK || written == filled)
      break;
    slot *oldest = &of->slots[written % of->slot_count];
    pthread_mutex_lock(&of->mutex);
    wait_for(of, written % of->slot_count);
    pthread_mutex_unlock(&of->mutex);
    status = write_block(writer, oldest, error);
    pthread_mutex_lock(&of->mutex);
    oldest->state = SLOT_FREE;
    pthread_mutex_unlock(&of->mutex);
    written++;
    if (to->progress != NULL)
      to->progress(to->context, oldest->first + oldest->count, of->from->count);
  }
  writer->behind = writer->behind || rows > 0;
  return status;
}

charts_status rowwriter_run(rowwriter *writer, const series *from, charts_error *error) {
  line *of = memory_new(sizeof *of); /* too large for the stack of a thread */
  rowblock source = {0};
  if (of == NULL)
    return error_memory(error);
  charts_status status = line_begin(of, writer, from) ? CHARTS_OK : error_memory(error);
  if (status == CHARTS_OK)
    status = rowblock_begin(&source, from, error);
  if (status == CHARTS_OK) {
    if (from->count >= PARALLEL_ROWS)
      start_helpers(of);
    status = run(of, writer, &source, error);
  }
  line_end(of);
  rowblock_end(&source);
  free(of);
  return status;
}
