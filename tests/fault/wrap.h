/* What the wrapped calls ask: the plan of inject.h. */
#ifndef CHARTS_TESTS_WRAP_H
#define CHARTS_TESTS_WRAP_H

#include "inject.h"

typedef struct wrapped {
  const char *name;
  int errors[INJECT_PICKS]; /* those that the call may have; the rest 0 */
  bool memory;              /* an allocation */
  bool takes_room;          /* on the disk */
  bool tidying;             /* removes a file */
  bool interruptible;       /* by a signal */
  bool moves;               /* bytes, perhaps fewer than it was asked to */
} wrapped;

/* Whether the call fails now; errno is set then. `file` (-1: none) or `path` (NULL: none) is what it was about. */
bool wrap_strikes(const wrapped *of, int file, const char *path);
/* How many of `size` bytes are moved. */
size_t wrap_shorten(const wrapped *of, int file, size_t size);
/* Whether a write of so many bytes, which has just struck, takes a part of them; the one after it fails then. */
bool wrap_takes_part(size_t size);
bool wrap_is_event(int file);

/* Notes blocks of memory; give and take NULL. */
void *wrap_block_add(void *memory);
void wrap_block_remove(void *memory);

#endif
