/* Groups of nodes of pyramids that were read, for all windows of a server. Whole nodes never change, and a pyramid that
 * is made anew has another key: nothing here is ever out of date. */
#ifndef CHARTS_SRC_NODECACHE_H
#define CHARTS_SRC_NODECACHE_H

#include "pyramid.h"

typedef struct nodecache nodecache;

/* Holds at most `groups` groups of PYRAMID_FANOUT nodes. NULL when memory is out. Any thread. */
nodecache *nodecache_open(size_t groups);
void nodecache_close(nodecache *of);

/* Which nodes: a whole group of one level. */
typedef struct nodecache_place {
  uint64_t key; /* of the pyramid */
  size_t segment;
  unsigned level;
  uint64_t first;
} nodecache_place;

/* Copies a group; false when it is not there. */
bool nodecache_get(nodecache *from, const nodecache_place *place, pyramid_node nodes[PYRAMID_FANOUT]);
void nodecache_put(nodecache *to, const nodecache_place *place, const pyramid_node nodes[PYRAMID_FANOUT]);

#endif
