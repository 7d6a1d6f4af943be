/* How far a long write has come, as text for a person who waits. */
#ifndef CHARTS_SRC_PROGRESS_H
#define CHARTS_SRC_PROGRESS_H

#include "filename.h"

/* One write, from progress_begin to progress_end. Used by the thread that makes the call. */
typedef struct progress {
  void (*say)(void *context, const char *text); /* NULL: nobody looks */
  void *context;
  const char *folder;  /* the last part of the directory's path; borrowed */
  double (*now)(void); /* seconds of a clock that never goes back; tests set another */
  double began;
  double said; /* when the text was last shown; 0: not yet */
} progress;

/* Begins a write into the directory at `path`, which is borrowed until the end. `say` shows one line in place of the
 * one before it, and takes it away for NULL; it may be NULL, and is not called when CHARTS_QUIET is 1. */
void progress_begin(progress *of, const char *path, void (*say)(void *context, const char *text), void *context);
/* Takes how much of the series `name` is written (0 to 1; NaN: nobody knows), as often as one likes. Shows "Writing
 * stocks/AAPL.json: 42 %" once two seconds are over, and then five times a second. `of` is a progress: the form is that
 * of series_list. */
void progress_note(void *of, const char *name, double fraction);
/* Takes the line away when there is one. */
void progress_end(progress *of);

#endif
