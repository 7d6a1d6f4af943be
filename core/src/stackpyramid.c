#include "stackpyramid.h"

#include "windowanswer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many rows that were appended since are summed anew for each window; beyond it the pyramids are made anew. */
enum { TAIL_MOST = 200000, NAME_ROOM = 48 };

/* A pyramid of a layer that is being made. */
typedef struct stackpyramid_layer {
  pyramidstore_new stored;
  int file;
  pyramid_builder *builder;
  pyramid_state state;
} stackpyramid_layer;

/* The name of the pyramid of a layer, in place of a series' file. */
static void name_of(char name[NAME_ROOM], const stack_layer *layers, size_t layer) {
  uint64_t hash = 0;
  for (size_t i = 0; i <= layer; i++) {
    uint64_t parts[2] = {hash, hash_bytes(layers[i].file, strlen(layers[i].file))};
    hash = hash_bytes(parts, sizeof parts);
  }
  (void)snprintf(name, NAME_ROOM, "%016" PRIx64 ".stack", hash);
}

/* What the sums up to a layer are of: the keys of the pyramids of their series. */
static uint64_t join_keys(uint64_t below, uint64_t key) {
  uint64_t parts[2] = {below, key};
  return hash_bytes(parts, sizeof parts);
}

/* ---- The series of a stack ---- */

typedef struct member {
  pyramid *own;
  int stored;
  pyramid_source source;
  pyramid_rows *rows;
  uint64_t key;   /* of the sums up to it */
  char stamp[64]; /* of the file, before it was read */
} member;

static void members_close(member *members, size_t count) {
  for (size_t i = 0; members != NULL && i < count; i++) {
    pyramid_rows_close(members[i].rows);
    pyramid_close(members[i].own);
    if (members[i].stored >= 0)
      (void)close(members[i].stored);
  }
  free(members);
}

/* Opens the pyramids of all series; NULL when one has none, or not one that serves. */
static member *members_open(const directory *opened, const stack_layer *layers, size_t count) {
  member *members = memory_new_zeroed(count, sizeof *members);
  bool whole = members != NULL;
  for (size_t i = 0; whole && i < count; i++)
    members[i].stored = -1;
  for (size_t i = 0; whole && i < count; i++) {
    member *one = &members[i];
    struct stat status;
    if (fstat(layers[i].descriptor, &status) == 0)
      seriesfile_stamp(one->stamp, &status);
    one->own = window_open_pyramid(&one->stored, opened, layers[i].file, layers[i].descriptor);
    whole = one->own != NULL && series_width(pyramid_state_of(one->own)->kind) == 2 &&
            pyramid_state_of(one->own)->totals.sorted;
    if (!whole)
      break;
    one->key = join_keys(i > 0 ? members[i - 1].key : 0, pyramid_key(one->own));
    one->source = pyramid_source_of(one->own, layers[i].descriptor, layers[i].file);
    one->rows = pyramid_rows_open(&one->source);
    whole = one->rows != NULL;
  }
  if (whole)
    return members;
  members_close(members, count);
  return NULL;
}

/* ---- Making ---- */

bool stackpyramid_begin(stackpyramid_new *made, const directory *opened, const stack_layer *layers, size_t count) {
  member *members = members_open(opened, layers, count);
  *made = (stackpyramid_new){.opened = opened, .count = count, .temporaries = {-1}};
  if (members == NULL)
    return false;
  made->layers = memory_new_zeroed(count, sizeof *made->layers);
  made->keys = memory_new_zeroed(count, sizeof *made->keys);
  bool whole = made->layers != NULL && made->keys != NULL;
  if (whole) /* so that nobody sweeps the temporaries; without the lock the sums are made again some day */
    (void)!storage_lock_temporaries(&made->temporaries, directory_own(opened), directory_path(opened), NULL);
  for (size_t i = 0; whole && i < count; i++)
    made->layers[i].file = -1;
  for (size_t i = 1; whole && i < count; i++) {
    stackpyramid_layer *layer = &made->layers[i];
    made->keys[i] = members[i].key;
    layer->state = (pyramid_state){.kind = SERIES_XY, .totals = totals_none()};
    layer->file = pyramidstore_create(&layer->stored, directory_own(opened));
    layer->builder = layer->file >= 0 ? pyramid_begin(layer->file, SERIES_XY) : NULL;
    whole = layer->builder != NULL;
  }
  members_close(members, count);
  return whole;
}

void stackpyramid_add(stackpyramid_new *to, size_t layer, const double *rows, size_t count) {
  const size_t leaf = pyramid_leaf_rows(SERIES_XY);
  if (layer == 0 || to->layers == NULL || to->layers[layer].builder == NULL)
    return;
  stackpyramid_layer *of = &to->layers[layer];
  for (size_t i = 0; i + leaf <= count; i += leaf) {
    summary run;
    summary_of_rows(&run, SERIES_XY, rows + 2 * i, leaf);
    pyramid_add(of->builder, &run, of->state.totals.count + i + 1); /* in place of an offset in a text */
  }
  totals_add_rows(&of->state.totals, SERIES_XY, rows, count);
}

static pyramid_stamp stamp_of(uint64_t key) {
  return (pyramid_stamp){.size = key, .settled = true};
}

static void store(stackpyramid_new *of, const stack_layer *layers, size_t layer) {
  char name[NAME_ROOM];
  stackpyramid_layer *made = &of->layers[layer];
  pyramid_stamp stamp = stamp_of(of->keys[layer]);
  made->state.data_end = made->state.totals.count + 1;
  made->state.tail = made->state.data_end;
  name_of(name, layers, layer);
  if (pyramid_finish(made->builder, &made->state))
    pyramidstore_commit(&made->stored, directory_own(of->opened), name, &stamp);
}

void stackpyramid_end(stackpyramid_new *of, const stack_layer *layers, bool whole) {
  for (size_t i = 1; of->layers != NULL && i < of->count; i++) {
    stackpyramid_layer *made = &of->layers[i];
    if (whole && made->builder != NULL)
      store(of, layers, i);
    pyramid_builder_free(made->builder);
    if (made->file >= 0)
      (void)close(made->file);
    pyramidstore_discard(&made->stored, directory_own(of->opened));
  }
  storage_lock_release(&of->temporaries);
  free(of->layers);
  free(of->keys);
  *of = (stackpyramid_new){.temporaries = {-1}};
}

/* ---- Answering ---- */

/* The sums up to a layer, row by row. */
typedef struct summing {
  member *members;
  size_t layer;
} summing;

static charts_status read_sums(void *context, double *rows, uint64_t first, size_t count, charts_error *error) {
  const summing *of = context;
  double own[2 * PYRAMID_ROWS_MOST];
  charts_status status = pyramid_rows_read(of->members[0].rows, rows, first, count, error);
  for (size_t i = 1; i <= of->layer && status == CHARTS_OK; i++) {
    status = pyramid_rows_read(of->members[i].rows, own, first, count, error);
    for (size_t j = 0; j < count && status == CHARTS_OK; j++) {
      if (own[2 * j] != rows[2 * j])
        status = error_set(error, CHARTS_TYPE, "the series of the stack do not share x");
      rows[2 * j + 1] += own[2 * j + 1];
    }
  }
  return status;
}

/* Adds what is known of the rows behind those that the pyramid knows. */
static charts_status add_tail(pyramid_source *source, uint64_t count, charts_error *error) {
  double rows[2 * PYRAMID_ROWS_MOST];
  charts_status status = CHARTS_OK;
  while (source->all.count < count && status == CHARTS_OK) {
    uint64_t left = count - source->all.count;
    size_t some = left < PYRAMID_ROWS_MOST ? (size_t)left : PYRAMID_ROWS_MOST;
    status = source->read(source->context, rows, source->all.count, some, error);
    if (status == CHARTS_OK)
      totals_add_rows(&source->all, SERIES_XY, rows, some);
  }
  return status;
}

static charts_status answer_sums(stack_layer *layers, member *members, size_t layer, uint64_t count, pyramid *from,
                                 const window_request *request, charts_error *error) {
  summing sums = {members, layer};
  pyramid_source source = pyramid_source_of(from, -1, layers[layer].file);
  source.read = read_sums;
  source.context = &sums;
  charts_status status = add_tail(&source, count, error);
  return status == CHARTS_OK ? window_read_pyramid(&layers[layer].answer, &source, request, error) : status;
}

/* Opens the pyramid of a layer's sums and answers by it. */
static bool read_layer(const directory *opened, stack_layer *layers, member *members, size_t layer, uint64_t count,
                       const window_request *request) {
  char name[NAME_ROOM];
  pyramid *from = NULL;
  name_of(name, layers, layer);
  int file = pyramidstore_open(directory_own(opened), name, false);
  bool read = file >= 0 && pyramid_open(&from, file, name, NULL) == CHARTS_OK;
  if (read) {
    const pyramid_state *state = pyramid_state_of(from);
    pyramid_stamp stamp = stamp_of(members[layer].key);
    read = pyramid_stamp_equal(&state->stamp, &stamp) && state->totals.count <= count &&
           count - state->totals.count <= TAIL_MOST &&
           answer_sums(layers, members, layer, count, from, request, NULL) == CHARTS_OK;
  }
  pyramid_close(from);
  if (file >= 0)
    (void)close(file);
  return read;
}

static void describe(stack_layer *of, const member *by) {
  of->answer.stacked = true;
  of->answer.kind = pyramid_state_of(by->own)->kind;
  memcpy(of->answer.stamp, by->stamp, sizeof of->answer.stamp);
}

bool stackpyramid_read(const directory *opened, stack_layer *layers, size_t count, const window_request *request) {
  member *members = members_open(opened, layers, count);
  if (members == NULL)
    return false;
  uint64_t rows = UINT64_MAX; /* who appends to all of them has not come to the last one yet */
  for (size_t i = 0; i < count; i++)
    rows = members[i].source.all.count < rows ? members[i].source.all.count : rows;
  size_t read = 0;
  for (; read < count; read++) {
    layers[read].answer = (window){0};
    bool answered = read == 0 ? window_read_pyramid(&layers[0].answer, &members[0].source, request, NULL) == CHARTS_OK
                              : read_layer(opened, layers, members, read, rows, request);
    if (!answered)
      break;
    describe(&layers[read], &members[read]);
  }
  for (size_t i = 0; i < read && read < count; i++)
    window_free(&layers[i].answer);
  members_close(members, count);
  return read == count;
}
