/* Finds the name that a mistyped word likely means. */
#ifndef CHARTS_SRC_NEAREST_H
#define CHARTS_SRC_NEAREST_H

#include <stddef.h>

/* How many letters are wrong (missing, added, changed, or swapped with their neighbour; case does not matter), or
 * SIZE_MAX when it is more than a third of them or a word is longer than 64 bytes. */
size_t nearest_distance(const char *word, const char *name);

/* The index in `names` (ended by NULL) of the name nearest to `word`, the first of equal ones; -1 when none is near. */
int nearest_name(const char *word, const char *const *names);

#endif
