/* The folder that the operations of the fault tests work in, and what it holds. */
#ifndef CHARTS_TESTS_WORLD_H
#define CHARTS_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>

/* Makes an empty folder and goes there; later calls empty it. Ends the program where that fails. */
void world_make(void);
void world_remove(void);

/* All that counts of the folder's files: their paths and bytes, without what is derived or a hint (pyramids, `next`,
 * the lock). With `indices` false without the series' indices. The caller frees it. */
char *world_truth(bool indices);
/* Temporaries and journals that lie about, or "". The caller frees it. */
char *world_litter(void);
/* Changes with any change of any file. */
unsigned long long world_signature(void);
/* Descriptors and threads of this process. */
size_t world_descriptors(void);
size_t world_threads(void);

void world_write(const char *path, const char *text);

#endif
