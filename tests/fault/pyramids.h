/* Pyramids that a power cut may have left: whether one answers what the text says. */
#ifndef CHARTS_TESTS_PYRAMIDS_H
#define CHARTS_TESTS_PYRAMIDS_H

#include "directory.h"

#include <sys/types.h>

typedef struct pyramids_answer {
  bool fits;   /* there is a pyramid, of the state that the file is in */
  bool agrees; /* every window that was asked is the one that the text gives */
} pyramids_answer;

/* Makes the pyramid of a series file, as an indexer does. Errors: those of indexing_run. */
charts_status pyramids_make(const directory *opened, const char *file, charts_error *error);
/* A copy of a file has another inode and other times than the file; a pyramid that was of the inode `inode` at the size
 * that the copy has is made to fit it, as if nothing but the size told states from each other. 0: of none. False: it
 * cannot be written. */
bool pyramids_follow(const directory *opened, const char *file, ino_t inode);
/* Asks windows of many widths and places, each as a page does and of the text alone. Errors: those of window_read. */
charts_status pyramids_ask(pyramids_answer *answer, const directory *opened, const char *file, charts_error *error);

#endif
