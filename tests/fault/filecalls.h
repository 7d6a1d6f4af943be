/* The system calls that change files, in the place of those of the C library: they kill the process at the n-th, or
 * write each one down. Written into a program or loaded before one. Only regular files and folders count. */
#ifndef CHARTS_TESTS_FILECALLS_H
#define CHARTS_TESTS_FILECALLS_H

#include <stdbool.h>

/* From now on: the n-th call (from 1) is not made, but the process killed by SIGKILL; with `half` a write makes its
 * first half before. 0: none. Programs of other languages arm it by asking for the environment variable
 * CHARTS_FAULT_ARM:N or CHARTS_FAULT_ARM:N:half. */
void filecalls_arm(unsigned long nth, bool half);
/* From now on every call is written to the descriptor as a line of JSON; -1: none. */
void filecalls_record(int to);
/* How many calls were made since it was armed. */
unsigned long filecalls_count(void);

#endif
