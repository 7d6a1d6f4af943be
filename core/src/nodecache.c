#include "nodecache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A group has one place, from which another may drive it out. */
typedef struct slot {
  bool filled;
  nodecache_place place;
  pyramid_node nodes[PYRAMID_FANOUT];
} slot;

struct nodecache {
  pthread_mutex_t mutex;
  size_t count;
  /* In one piece, whose pages the system gives as they are filled: pieces of their own, which live long among what is
   * short-lived, would keep each thread's heap from shrinking. */
  slot slots[];
};

nodecache *nodecache_open(size_t groups) {
  nodecache *made = memory_new_zeroed(1, sizeof *made + groups * sizeof(slot));
  if (made == NULL)
    return NULL;
  pthread_mutex_init(&made->mutex, NULL);
  made->count = groups;
  return made;
}

void nodecache_close(nodecache *of) {
  if (of == NULL)
    return;
  pthread_mutex_destroy(&of->mutex);
  free(of);
}

static slot *slot_of(nodecache *of, const nodecache_place *place) {
  uint64_t hash = place->key ^ (uint64_t)place->segment << 56 ^ (uint64_t)place->level << 50 ^ place->first;
  hash *= UINT64_C(0x9E3779B97F4A7C15);
  return &of->slots[(hash >> 20) % of->count];
}

static bool is_at(const slot *at, const nodecache_place *place) {
  return at->filled && at->place.key == place->key && at->place.first == place->first &&
         at->place.segment == place->segment && at->place.level == place->level;
}

bool nodecache_get(nodecache *from, const nodecache_place *place, pyramid_node nodes[PYRAMID_FANOUT]) {
  const slot *at = slot_of(from, place);
  pthread_mutex_lock(&from->mutex);
  bool there = is_at(at, place);
  if (there)
    memcpy(nodes, at->nodes, PYRAMID_FANOUT * sizeof *nodes);
  pthread_mutex_unlock(&from->mutex);
  return there;
}

void nodecache_put(nodecache *to, const nodecache_place *place, const pyramid_node nodes[PYRAMID_FANOUT]) {
  slot *at = slot_of(to, place);
  pthread_mutex_lock(&to->mutex);
  at->filled = true;
  at->place = *place;
  memcpy(at->nodes, nodes, sizeof at->nodes);
  pthread_mutex_unlock(&to->mutex);
}
