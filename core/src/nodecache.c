#include "nodecache.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

/* A group has one place, from which another may drive it out. */
typedef struct slot {
  bool filled;
  nodecache_place place;
  pyramid_node nodes[PYRAMID_FANOUT];
} slot;

struct nodecache {
  pthread_mutex_t mutex;
  size_t count;
  slot slots[];
};

static size_t bytes_of(size_t groups) {
  return sizeof(nodecache) + groups * sizeof(slot);
}

/* A mapping of its own, whose pages the system gives as groups fill them. In the heap of the C library, groups would
 * keep what is short-lived around them; so large a block in one piece would raise, when it is freed, the size from
 * which the whole process gets mappings. Huge pages would make a few groups as large as all. */
nodecache *nodecache_open(size_t groups) {
  size_t size = bytes_of(groups);
  nodecache *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (made == MAP_FAILED)
    return NULL;
  (void)madvise(made, size, MADV_NOHUGEPAGE);
  pthread_mutex_init(&made->mutex, NULL);
  made->count = groups;
  return made;
}

void nodecache_close(nodecache *of) {
  if (of == NULL)
    return;
  pthread_mutex_destroy(&of->mutex);
  (void)munmap(of, bytes_of(of->count));
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
