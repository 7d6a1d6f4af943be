/* Building and extending a pyramid; declared in pyramid.h. */
#include "pyramidfile.h"

#include "filebytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { HELD = 128 }; /* nodes of a level that are written at once */

/* A level of the segment that is growing: the whole nodes that are not written yet, and the node that is not whole. */
typedef struct growing {
  uint64_t first; /* place of the first node held */
  size_t held;
  unsigned char *bytes;
  pyramid_node partial;
  unsigned children;
} growing;

struct pyramid_builder {
  int file;
  series_kind kind;
  uint64_t key;
  uint64_t leaves;
  size_t segment;
  bool failed;
  uint64_t size; /* of the file when it was resumed */
  bool remains;  /* nodes of a broken append stood where ours stand now */
  growing levels[PYRAMID_LEVELS];
};

static bool write_all(int file, const unsigned char *bytes, size_t length, uint64_t offset) {
  return filebytes_write(file, "pyramid", bytes, length, offset, NULL) == CHARTS_OK;
}

/* Looks whether anything but zeros stands where nodes come. An append that was broken off, by an error, an interrupt or
 * a kill, may have left nodes there: their checksums hold, and if the header that counts ours reached the disk before
 * ours did, they would be taken for them after a power cut. Whether the file is longer than it should be does not tell:
 * an earlier power cut may have taken its end and left upper levels. */
static void look_for_remains(pyramid_builder *of, uint64_t offset, size_t length) {
  unsigned char bytes[1024];
  size_t got = 0;
  for (size_t done = 0; done < length && offset + done < of->size && !of->remains && !of->failed; done += got) {
    size_t some = length - done < sizeof bytes ? length - done : sizeof bytes;
    of->failed = filebytes_read(of->file, "pyramid", (char *)bytes, some, offset + done, &got, NULL) != CHARTS_OK;
    for (size_t i = 0; i < got; i++)
      of->remains = of->remains || bytes[i] != 0;
    if (got == 0)
      break;
  }
}

static void flush(pyramid_builder *of, unsigned level) {
  growing *at = &of->levels[level];
  size_t length = at->held * pyramidfile_node(of->kind);
  uint64_t offset = pyramidfile_offset(of->kind, of->segment, level, at->first);
  if (at->held > 0)
    look_for_remains(of, offset, length);
  if (at->held > 0 && !of->failed)
    of->failed = !write_all(of->file, at->bytes, length, offset);
  at->first += at->held;
  at->held = 0;
}

static void hold(pyramid_builder *of, unsigned level, const pyramid_node *node) {
  growing *at = &of->levels[level];
  if (at->bytes == NULL)
    at->bytes = memory_new((size_t)HELD * PYRAMID_NODE_MOST);
  if (at->bytes == NULL) {
    of->failed = true;
    return;
  }
  pyramidfile_encode(at->bytes + at->held * pyramidfile_node(of->kind), node, of->kind, of->key, of->segment, level,
                     at->first + at->held);
  if (++at->held == HELD)
    flush(of, level);
}

/* Adds a whole node to the one above it; true when that is whole now. */
static bool join(pyramid_builder *of, unsigned level, const pyramid_node *node) {
  growing *above = &of->levels[level + 1];
  if (above->children++ == 0)
    above->partial = *node;
  else
    summary_add(&above->partial.run, of->kind, &node->run);
  return above->children == PYRAMID_FANOUT;
}

static void next_segment(pyramid_builder *of) {
  for (unsigned level = 0; level < PYRAMID_LEVELS; level++) {
    flush(of, level);
    of->levels[level].first = 0;
    of->levels[level].children = 0;
  }
  of->segment++;
}

void pyramid_add(pyramid_builder *to, const summary *leaf, uint64_t text) {
  pyramid_node node = {*leaf, text};
  if (to->failed)
    return;
  if (to->segment + 2 >= PYRAMID_SEGMENTS) {
    to->failed = true;
    return;
  }
  if (to->leaves == pyramid_first_leaf(to->segment + 1))
    next_segment(to);
  unsigned levels = pyramid_levels(to->segment);
  for (unsigned level = 0; level < levels; level++) {
    hold(to, level, &node);
    if (level + 1 == levels || !join(to, level, &node))
      break;
    node = to->levels[level + 1].partial;
    to->levels[level + 1].children = 0;
  }
  to->leaves++;
}

static pyramid_builder *builder_new(int file, series_kind kind) {
  pyramid_builder *made = memory_new_zeroed(1, sizeof *made);
  if (made == NULL)
    return NULL;
  made->file = file;
  made->kind = kind;
  return made;
}

pyramid_builder *pyramid_begin(int file, series_kind kind) {
  pyramid_builder *made = builder_new(file, kind);
  if (made != NULL && getrandom(&made->key, sizeof made->key, 0) != (ssize_t)sizeof made->key)
    made->failed = true;
  return made;
}

/* Makes the nodes anew that were not whole: from their whole children. */
static charts_status restore(pyramid_builder *of, pyramid *from) {
  unsigned levels = pyramid_levels(of->segment);
  for (unsigned level = 0; level < levels; level++) {
    uint64_t whole = pyramid_whole(of->segment, level, of->leaves);
    size_t children = (size_t)(whole % PYRAMID_FANOUT);
    pyramid_node nodes[PYRAMID_FANOUT];
    of->levels[level].first = whole;
    if (level + 1 == levels || children == 0)
      continue;
    charts_status status = pyramid_nodes(from, of->segment, level, whole - children, children, nodes, NULL);
    for (size_t i = 0; status == CHARTS_OK && i < children; i++)
      (void)join(of, level, &nodes[i]);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

pyramid_builder *pyramid_resume(int file, const pyramid_state *state, uint64_t key) {
  pyramid *from = NULL;
  struct stat now;
  pyramid_builder *made = fstat(file, &now) == 0 ? builder_new(file, state->kind) : NULL;
  if (made == NULL)
    return NULL;
  made->size = (uint64_t)now.st_size;
  made->key = key;
  made->leaves = state->leaves;
  made->segment = state->leaves > 0 ? pyramid_segments(state->leaves) - 1 : 0;
  charts_status status = pyramid_open(&from, file, "pyramid", NULL);
  if (status == CHARTS_OK)
    status = restore(made, from);
  pyramid_close(from);
  if (status == CHARTS_OK)
    return made;
  pyramid_builder_free(made);
  return NULL;
}

bool pyramid_finish(pyramid_builder *of, const pyramid_state *state) {
  unsigned char bytes[PYRAMID_HEADER];
  pyramid_state last = *state;
  last.leaves = of->leaves;
  for (unsigned level = 0; level < PYRAMID_LEVELS; level++)
    flush(of, level);
  if (of->failed || (of->remains && filebytes_sync(of->file, "pyramid", NULL) != CHARTS_OK))
    return false;
  pyramidfile_encode_header(bytes, &last, of->key);
  return write_all(of->file, bytes, sizeof bytes, 0);
}

bool pyramid_restamp(int file, const pyramid_stamp *stamp) {
  unsigned char bytes[PYRAMID_HEADER];
  pyramid_state state;
  uint64_t key = 0;
  if (pyramid_read_state(&state, &key, file, "pyramid", NULL) != CHARTS_OK)
    return false;
  state.stamp = *stamp;
  pyramidfile_encode_header(bytes, &state, key);
  return write_all(file, bytes, sizeof bytes, 0);
}

void pyramid_builder_free(pyramid_builder *of) {
  if (of == NULL)
    return;
  for (size_t i = 0; i < PYRAMID_LEVELS; i++)
    free(of->levels[i].bytes);
  free(of);
}
