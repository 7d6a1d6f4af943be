/* A window of a file that has no pyramid yet: true points from all over the file, at the cost of a few reads. */
#ifndef CHARTS_SRC_SAMPLE_H
#define CHARTS_SRC_SAMPLE_H

#include "window.h"

/* Answers with at most `points` rows in order of the file; `count` and the extents are estimates, and for kind y x is
 * one too. The answer's columns are the caller's. Errors: TYPE (a kind that is not sampled), FORMAT, IO, MEMORY. */
charts_status sample_read(window *answer, int descriptor, const char *file, const window_request *request,
                          size_t points, charts_error *error);

#endif
