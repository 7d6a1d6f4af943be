/* Reading a pyramid; declared in pyramid.h. */
#include "filebytes.h"
#include "pyramidfile.h"

#include "nodecache.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD_MOST = 256 };

/* The nodes of a level that were read last. Windows go through a level from left to right: where they ask for what
 * follows, more is read at once. */
typedef struct ahead {
  size_t segment;
  uint64_t first;
  size_t count;
  size_t step; /* nodes to read the next time */
  unsigned char *bytes;
} ahead;

struct pyramid {
  int file;
  const char *name;
  pyramid_state state;
  uint64_t key;
  nodecache *cache;
  ahead levels[PYRAMID_LEVELS];
};

charts_status pyramid_read_state(pyramid_state *state, uint64_t *key, int file, const char *name, charts_error *error) {
  unsigned char bytes[PYRAMID_HEADER];
  /* Who extends it writes the header at one go, but a reader may still meet it half written. */
  for (int attempt = 0; attempt < 3; attempt++) {
    size_t got = 0;
    charts_status status = filebytes_read(file, name, (char *)bytes, sizeof bytes, 0, &got, error);
    if (status != CHARTS_OK)
      return status;
    if (got == sizeof bytes && pyramidfile_decode_header(state, key, bytes))
      return CHARTS_OK;
  }
  return error_set(error, CHARTS_FORMAT, "%s: the pyramid is damaged", name);
}

charts_status pyramid_open(pyramid **opened, int file, const char *name, charts_error *error) {
  pyramid *made = memory_new_zeroed(1, sizeof *made);
  *opened = NULL;
  if (made == NULL)
    return error_memory(error);
  made->file = file;
  made->name = name;
  charts_status status = pyramid_read_state(&made->state, &made->key, file, name, error);
  if (status == CHARTS_OK && made->state.data_end > made->state.stamp.size)
    status = error_set(error, CHARTS_FORMAT, "%s: the pyramid is damaged", name);
  if (status != CHARTS_OK)
    pyramid_close(made);
  else
    *opened = made;
  return status;
}

void pyramid_close(pyramid *opened) {
  if (opened == NULL)
    return;
  for (size_t i = 0; i < PYRAMID_LEVELS; i++)
    free(opened->levels[i].bytes);
  free(opened);
}

const pyramid_state *pyramid_state_of(const pyramid *opened) {
  return &opened->state;
}

pyramid *pyramid_reopen(const pyramid *opened) {
  pyramid *made = memory_new_zeroed(1, sizeof *made);
  if (made != NULL)
    *made = (pyramid){opened->file, opened->name, opened->state, opened->key, opened->cache, {{0}}};
  return made;
}

void pyramid_use_cache(pyramid *of, nodecache *cache) {
  of->cache = cache;
}

uint64_t pyramid_key(const pyramid *opened) {
  return opened->key;
}

/* Makes [first, first + count) of a level available. */
static charts_status read_ahead(pyramid *from, size_t segment, unsigned level, uint64_t first, size_t count,
                                charts_error *error) {
  ahead *at = &from->levels[level];
  bool there = at->count > 0 && at->segment == segment && first >= at->first && first + count <= at->first + at->count;
  if (there)
    return CHARTS_OK;
  if (at->bytes == NULL) {
    at->bytes = memory_new((size_t)AHEAD_MOST * PYRAMID_NODE_MOST);
    if (at->bytes == NULL)
      return error_memory(error);
  }
  bool follows =
      at->count > 0 && at->segment == segment && first >= at->first && first <= at->first + at->count + PYRAMID_FANOUT;
  at->step = !follows ? PYRAMID_FANOUT : at->step < AHEAD_MOST ? at->step * 2 : AHEAD_MOST;
  uint64_t whole = pyramid_whole(segment, level, from->state.leaves);
  size_t wanted = at->step > count ? at->step : count;
  if (wanted > whole - first)
    wanted = (size_t)(whole - first);
  size_t node = pyramidfile_node(from->state.kind);
  size_t got = 0;
  charts_status status = filebytes_read(from->file, from->name, (char *)at->bytes, wanted * node,
                                        pyramidfile_offset(from->state.kind, segment, level, first), &got, error);
  *at = (ahead){segment, first, got / node, at->step, at->bytes};
  if (status == CHARTS_OK && at->count < count)
    return error_set(error, CHARTS_FORMAT, "%s: the pyramid is cut off", from->name);
  return status;
}

static charts_status read_nodes(pyramid *from, size_t segment, unsigned level, uint64_t first, size_t count,
                                pyramid_node *nodes, charts_error *error) {
  charts_status status = read_ahead(from, segment, level, first, count, error);
  const ahead *at = &from->levels[level];
  size_t node = pyramidfile_node(from->state.kind);
  for (size_t i = 0; status == CHARTS_OK && i < count; i++) {
    const unsigned char *bytes = at->bytes + (size_t)(first + i - at->first) * node;
    bool whole = pyramidfile_decode(&nodes[i], bytes, from->state.kind, from->key, segment, level, first + i);
    if (!whole || nodes[i].text >= from->state.data_end || nodes[i].text <= from->state.data_start)
      status = error_set(error, CHARTS_FORMAT, "%s: the pyramid is damaged", from->name);
  }
  return status;
}

charts_status pyramid_nodes(pyramid *from, size_t segment, unsigned level, uint64_t first, size_t count,
                            pyramid_node *nodes, charts_error *error) {
  uint64_t whole = pyramid_whole(segment, level, from->state.leaves);
  if (level >= PYRAMID_LEVELS || first > whole || count > whole - first || count > PYRAMID_FANOUT)
    return error_set(error, CHARTS_INTERNAL, "%s: nodes that the pyramid does not have", from->name);
  /* Leaves are too many to be kept. */
  bool kept = from->cache != NULL && level > 0 && count == PYRAMID_FANOUT && first % PYRAMID_FANOUT == 0;
  nodecache_place place = {from->key, segment, level, first};
  if (kept && nodecache_get(from->cache, &place, nodes))
    return CHARTS_OK;
  charts_status status = read_nodes(from, segment, level, first, count, nodes, error);
  if (kept && status == CHARTS_OK)
    nodecache_put(from->cache, &place, nodes);
  return status;
}
