#include "inject.h"
#include "wrap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t __real_read(int file, void *room, size_t size);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static inject_plan plan;
static inject_threads seen;
static atomic_bool on;
static _Thread_local bool own;
static size_t count;
static bool kept_files;
static bool part_taken; /* the next write fails, with the errno of the one that took a part */
static inject_hit hit;

const char *inject_mode_name(inject_mode mode) {
  static const char *const names[] = {"count", "once", "good", "full", "memory", "eintr", "short"};
  return names[mode];
}

void inject_set(const inject_plan *to) {
  pthread_mutex_lock(&mutex);
  plan = *to;
  count = 0;
  kept_files = part_taken = false;
  hit = (inject_hit){0};
  pthread_mutex_unlock(&mutex);
}

void inject_pause(void) {
  pthread_mutex_lock(&mutex);
  plan.mode = INJECT_COUNT;
  pthread_mutex_unlock(&mutex);
}

void inject_on(inject_threads threads) {
  seen = threads;
  own = true;
  atomic_store(&on, true);
}

void inject_off(void) {
  atomic_store(&on, false);
  own = false;
}

bool inject_lasts(void) {
  return plan.mode == INJECT_GOOD || plan.mode == INJECT_FULL || plan.mode == INJECT_MEMORY;
}

size_t inject_count(void) {
  return count;
}

const inject_hit *inject_struck(void) {
  return &hit;
}

bool inject_kept_files(void) {
  return kept_files;
}

/* ---- Striking ---- */

static bool is_seen(void) {
  return atomic_load(&on) && (seen == INJECT_ALL || own == (seen == INJECT_OWN));
}

static bool is_counted(const wrapped *of) {
  switch (plan.mode) {
  case INJECT_FULL:
    return of->takes_room;
  case INJECT_MEMORY:
    return of->memory;
  case INJECT_EINTR:
    return of->interruptible;
  case INJECT_SHORT:
    return of->moves;
  default:
    return true;
  }
}

static int error_of(const wrapped *of) {
  int choices = 0;
  while (choices < INJECT_PICKS && of->errors[choices] != 0)
    choices++;
  if (plan.mode == INJECT_FULL)
    return plan.pick % 2 == 0 ? ENOSPC : EDQUOT;
  return plan.mode == INJECT_EINTR ? EINTR : of->errors[plan.pick % (unsigned)choices];
}

static void note(const wrapped *of, int number, int file, const char *path) {
  hit.call = of->name;
  hit.number = number;
  hit.tidying = of->tidying;
  if (path != NULL) {
    (void)snprintf(hit.path, sizeof hit.path, "%s", path);
  } else if (file >= 0) {
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, hit.path, sizeof hit.path - 1);
    hit.path[length > 0 ? length : 0] = '\0';
  }
}

bool wrap_strikes(const wrapped *of, int file, const char *path) {
  if (!is_seen() || plan.mode == INJECT_SHORT || !is_counted(of))
    return false;
  pthread_mutex_lock(&mutex);
  count++;
  bool once = plan.mode == INJECT_ONCE || plan.mode == INJECT_EINTR;
  bool strikes = plan.mode != INJECT_COUNT && (once ? count == plan.n : count >= plan.n);
  if (part_taken && of->moves && of->takes_room) {
    strikes = true;
    part_taken = false;
  }
  int number = strikes ? error_of(of) : 0;
  if (strikes && hit.call == NULL)
    note(of, number, file, path);
  kept_files = kept_files || (strikes && of->tidying);
  pthread_mutex_unlock(&mutex);
  if (strikes)
    errno = number;
  return strikes;
}

bool wrap_takes_part(size_t size) {
  bool limits = hit.number == ENOSPC || hit.number == EDQUOT || hit.number == EFBIG;
  bool first = count == plan.n && (plan.mode == INJECT_ONCE || plan.mode == INJECT_FULL);
  part_taken = first && limits && size > 1;
  return part_taken;
}

size_t wrap_shorten(const wrapped *of, int file, size_t size) {
  if (size < 2 || plan.mode != INJECT_SHORT || !is_seen() || wrap_is_event(file))
    return size;
  pthread_mutex_lock(&mutex);
  bool strikes = ++count >= plan.n;
  if (strikes && hit.call == NULL)
    note(of, 0, file, NULL);
  pthread_mutex_unlock(&mutex);
  return !strikes ? size : plan.pick % 2 == 1 && size < 4096 ? 1 : (size + 1) / 2;
}

/* Descriptors of events and of inotify, whose reads and writes are whole. */
bool wrap_is_event(int file) {
  char link[64];
  char target[32] = "";
  if (!is_seen())
    return false;
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  return readlink(link, target, sizeof target - 1) > 0 && strncmp(target, "anon_inode:", 11) == 0;
}

/* ---- Blocks ---- */

enum { BLOCKS = 1 << 17 };

static pthread_mutex_t blocks_mutex = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t blocks[BLOCKS]; /* open addressing; 0: free, 1: was used */
static size_t held;

static size_t place_of(uintptr_t block) {
  return (size_t)(block * UINT64_C(0x9E3779B97F4A7C15) >> 47) % BLOCKS;
}

void *wrap_block_add(void *memory) {
  uintptr_t block = (uintptr_t)memory;
  if (block == 0)
    return NULL;
  pthread_mutex_lock(&blocks_mutex);
  size_t at = place_of(block);
  for (size_t tries = 0; blocks[at] > 1 && tries < BLOCKS; tries++)
    at = (at + 1) % BLOCKS;
  blocks[at] = block;
  held++;
  pthread_mutex_unlock(&blocks_mutex);
  return memory;
}

void wrap_block_remove(void *memory) {
  uintptr_t block = (uintptr_t)memory;
  if (block == 0)
    return;
  pthread_mutex_lock(&blocks_mutex);
  size_t at = place_of(block);
  while (blocks[at] != 0 && blocks[at] != block)
    at = (at + 1) % BLOCKS;
  if (blocks[at] == block) {
    blocks[at] = blocks[(at + 1) % BLOCKS] == 0 ? 0 : 1;
    held--;
  }
  if (held == 0) /* so that the traces of what was freed do not fill the table */
    memset(blocks, 0, sizeof blocks);
  pthread_mutex_unlock(&blocks_mutex);
}

size_t inject_blocks(void) {
  return held;
}
