#include "pyramidfile.h"

#include <math.h>
#include <string.h>

enum { FIRST_SEGMENT = 1024 };

/* Sums and offsets of so many rows are far from overflowing. */
static const uint64_t ROWS_MOST = UINT64_C(1) << 56;

size_t pyramid_leaf_rows(series_kind kind) {
  switch (kind) {
  case SERIES_Y:
    return 64;
  case SERIES_XY:
    return 32;
  case SERIES_RANGE:
  case SERIES_OHLC:
    return 16;
  default:
    return 0;
  }
}

bool pyramid_pays(series_kind kind, uint64_t rows) {
  uint64_t numbers = kind == SERIES_Y ? 1 : series_width(kind);
  return pyramid_leaf_rows(kind) > 0 && rows >= PYRAMID_NUMBERS / numbers;
}

static int64_t nanoseconds(struct timespec time) {
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

pyramid_stamp pyramid_stamp_of(const struct stat *status, bool settled) {
  return (pyramid_stamp){(uint64_t)status->st_size, nanoseconds(status->st_mtim), nanoseconds(status->st_ctim),
                         (uint64_t)status->st_ino, settled};
}

bool pyramid_stamp_equal(const pyramid_stamp *left, const pyramid_stamp *right) {
  return left->size == right->size && left->modified == right->modified && left->changed == right->changed &&
         left->inode == right->inode;
}

/* ---- Where things are ---- */

/* Segments hold 1024, 1024, 2048, 4096 … leaves: each as many as all before it. */
static uint64_t capacity_of(size_t segment) {
  return (uint64_t)FIRST_SEGMENT << (segment > 0 ? segment - 1 : 0);
}

uint64_t pyramid_first_leaf(size_t segment) {
  return segment > 0 ? capacity_of(segment) : 0;
}

size_t pyramid_segments(uint64_t leaves) {
  size_t count = leaves > 0 ? 1 : 0;
  while (count > 0 && count < PYRAMID_SEGMENTS && pyramid_first_leaf(count) < leaves)
    count++;
  return count;
}

unsigned pyramid_levels(size_t segment) {
  unsigned levels = 1;
  while (capacity_of(segment) >> (4 * levels) > 0)
    levels++;
  return levels;
}

uint64_t pyramid_whole(size_t segment, unsigned level, uint64_t leaves) {
  uint64_t first = pyramid_first_leaf(segment);
  uint64_t here = leaves > first ? leaves - first : 0;
  if (here > capacity_of(segment))
    here = capacity_of(segment);
  return here >> (4 * level);
}

static uint64_t nodes_of(size_t segment) {
  uint64_t nodes = 0;
  for (unsigned level = 0; level < pyramid_levels(segment); level++)
    nodes += capacity_of(segment) >> (4 * level);
  return nodes;
}

size_t pyramidfile_node(series_kind kind) {
  return 48 + 8 * summary_values(kind);
}

uint64_t pyramidfile_offset(series_kind kind, size_t segment, unsigned level, uint64_t place) {
  uint64_t nodes = place;
  for (size_t i = 0; i < segment; i++)
    nodes += nodes_of(i);
  for (unsigned above = level + 1; above < pyramid_levels(segment); above++)
    nodes += capacity_of(segment) >> (4 * above);
  return PYRAMID_HEADER + nodes * pyramidfile_node(kind);
}

/* ---- Checksums ---- */

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
  return hash ^ (hash >> 29);
}

/* Of whole words; two at a time, since they do not wait for each other. */
static uint64_t checksum(uint64_t seed, const unsigned char *bytes, size_t length) {
  uint64_t one = mix(seed, length);
  uint64_t other = seed ^ UINT64_C(0xD6E8FEB86659FD93);
  uint64_t words[2];
  for (size_t i = 0; i + 16 <= length; i += 16) {
    memcpy(words, bytes + i, 16);
    one = mix(one, words[0]);
    other = mix(other, words[1]);
  }
  return mix(one, other);
}

static uint64_t seed_of(uint64_t key, size_t segment, unsigned level, uint64_t place) {
  return mix(mix(key, segment << 8 | level), place);
}

/* ---- Nodes ---- */

enum { AT_CHECK = 8, AT_FLAGS = 12, AT_X = 16, AT_VALUES = 48 };

void pyramidfile_encode(unsigned char *bytes, const pyramid_node *node, series_kind kind, uint64_t key, size_t segment,
                        unsigned level, uint64_t place) {
  const summary *run = &node->run;
  double x[4] = {run->x_first, run->x_last, run->first_x, run->last_x};
  uint32_t flags = run->flags;
  memcpy(bytes, &node->text, 8);
  memset(bytes + AT_CHECK, 0, 4);
  memcpy(bytes + AT_FLAGS, &flags, 4);
  memcpy(bytes + AT_X, x, sizeof x);
  memcpy(bytes + AT_VALUES, run->values, 8 * summary_values(kind));
  uint32_t check = (uint32_t)checksum(seed_of(key, segment, level, place), bytes, pyramidfile_node(kind));
  memcpy(bytes + AT_CHECK, &check, 4);
}

bool pyramidfile_decode(pyramid_node *node, const unsigned char *bytes, series_kind kind, uint64_t key, size_t segment,
                        unsigned level, uint64_t place) {
  unsigned char copy[PYRAMID_NODE_MOST];
  size_t size = pyramidfile_node(kind);
  uint32_t check;
  uint32_t flags;
  double x[4];
  memcpy(copy, bytes, size);
  memcpy(&check, bytes + AT_CHECK, 4);
  memset(copy + AT_CHECK, 0, 4);
  memcpy(&node->text, bytes, 8);
  memcpy(&flags, bytes + AT_FLAGS, 4);
  memcpy(x, bytes + AT_X, sizeof x);
  memcpy(node->run.values, bytes + AT_VALUES, 8 * summary_values(kind));
  node->run.flags = flags;
  node->run.x_first = x[0];
  node->run.x_last = x[1];
  node->run.first_x = x[2];
  node->run.last_x = x[3];
  return check == (uint32_t)checksum(seed_of(key, segment, level, place), copy, size);
}

/* ---- Header ---- */

static const char magic[8] = {'C', 'H', 'A', 'R', 'T', 'S', 'P', '1'};
static const uint32_t order_mark = 0x01020304;

/* As it lies in the file: eight-byte members only, so that it has no holes. */
typedef struct header {
  char magic[8];
  uint64_t mark; /* order_mark, and the size of a node above it */
  uint64_t kind;
  uint64_t leaf_rows;
  double start;
  double interval;
  uint64_t size;
  int64_t modified;
  int64_t changed;
  uint64_t inode;
  uint64_t settled;
  uint64_t data_start;
  uint64_t data_end;
  uint64_t count;
  uint64_t leaves;
  uint64_t tail;
  uint64_t sorted;
  double last_x;
  double x[2];
  double y[2];
  double positive;
  uint64_t key;
} header;
_Static_assert(sizeof(header) % 16 == 0 && sizeof(header) <= PYRAMID_HEADER - 16, "the header fits its place");

enum { AT_HEADER_CHECK = PYRAMID_HEADER - 8 };

void pyramidfile_encode_header(unsigned char bytes[PYRAMID_HEADER], const pyramid_state *state, uint64_t key) {
  const totals *all = &state->totals;
  header written = {.mark = order_mark | (uint64_t)pyramidfile_node(state->kind) << 32,
                    .kind = (uint64_t)state->kind,
                    .leaf_rows = pyramid_leaf_rows(state->kind),
                    .start = state->start,
                    .interval = state->interval,
                    .size = state->stamp.size,
                    .modified = state->stamp.modified,
                    .changed = state->stamp.changed,
                    .inode = state->stamp.inode,
                    .settled = state->stamp.settled,
                    .data_start = state->data_start,
                    .data_end = state->data_end,
                    .count = all->count,
                    .leaves = state->leaves,
                    .tail = state->tail,
                    .sorted = all->sorted,
                    .last_x = all->last_x,
                    .x = {all->x[0], all->x[1]},
                    .y = {all->y[0], all->y[1]},
                    .positive = all->positive,
                    .key = key};
  memcpy(written.magic, magic, sizeof magic);
  memset(bytes, 0, PYRAMID_HEADER);
  memcpy(bytes, &written, sizeof written);
  uint64_t check = checksum(key, bytes, PYRAMID_HEADER);
  memcpy(bytes + AT_HEADER_CHECK, &check, 8);
}

bool pyramidfile_decode_header(pyramid_state *state, uint64_t *key, const unsigned char bytes[PYRAMID_HEADER]) {
  unsigned char copy[PYRAMID_HEADER];
  header read;
  uint64_t check;
  memcpy(copy, bytes, PYRAMID_HEADER);
  memcpy(&check, bytes + AT_HEADER_CHECK, 8);
  memset(copy + AT_HEADER_CHECK, 0, 8);
  memcpy(&read, bytes, sizeof read);
  series_kind kind = (series_kind)read.kind;
  bool known = read.kind == SERIES_Y || read.kind == SERIES_XY || read.kind == SERIES_RANGE || read.kind == SERIES_OHLC;
  if (!known || memcmp(read.magic, magic, sizeof magic) != 0 || check != checksum(read.key, copy, PYRAMID_HEADER) ||
      read.mark != (order_mark | (uint64_t)pyramidfile_node(kind) << 32) || read.leaf_rows != pyramid_leaf_rows(kind))
    return false;
  *key = read.key;
  *state = (pyramid_state){
      .kind = kind,
      .start = read.start,
      .interval = read.interval,
      .stamp = {read.size, read.modified, read.changed, read.inode, read.settled != 0},
      .data_start = read.data_start,
      .data_end = read.data_end,
      .leaves = read.leaves,
      .tail = read.tail,
      .totals = {
          read.count, read.sorted != 0, read.last_x, {read.x[0], read.x[1]}, {read.y[0], read.y[1]}, read.positive}};
  uint64_t behind = read.count - read.leaves * read.leaf_rows; /* rows behind the leaves */
  return read.count >= read.leaves * read.leaf_rows && read.leaves <= read.count && behind < read.leaf_rows &&
         read.data_start < read.data_end && read.tail <= read.data_end && read.data_start < read.tail &&
         read.count <= read.data_end - read.data_start && read.count < ROWS_MOST &&
         read.leaves < pyramid_first_leaf(PYRAMID_SEGMENTS - 1);
}
