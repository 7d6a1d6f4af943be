/* The windows of one request: those of all its series show one moment of the directory. */
#ifndef CHARTS_SRC_WINDOWS_H
#define CHARTS_SRC_WINDOWS_H

#include "windowanswer.h"

/* Files that one request holds open at once. */
enum { WINDOWS_HELD = 256 };

typedef struct windows_request {
  const charts_value *files;  /* list of text */
  window_request window;      /* of each of them */
  const charts_value *stacks; /* list of lists of files, or NULL */
  const charts_value *points; /* files that are drawn as points (list of text), or NULL … */
  size_t point_columns;       /* … and the columns of their bins; 0: those of the window */
  const window_indexer *indexer;
} windows_request;

/* Reads the window of every file and appends the frame that answers them, each with its error in its place. A put of
 * several series, or a purge, that happens meanwhile is in all of the first WINDOWS_HELD or in none. A failure of
 * memory is the buffer's. */
void windows_write(buffer *to, const directory *opened, const windows_request *asked);
/* The same with the row of every file that is nearest to `x`. */
void windows_write_nearest(buffer *to, const directory *opened, const charts_value *files, double x);

#endif
