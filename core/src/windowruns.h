/* The runs of rows that a window is drawn from: one for each pixel column, found by a pyramid, on all processors when
 * it pays. */
#ifndef CHARTS_SRC_WINDOWRUNS_H
#define CHARTS_SRC_WINDOWRUNS_H

#include "pyramidwalk.h"
#include "reduction.h"

/* Adds to `to` the rows [begin, end) of a series: those in the window's columns, and at most one beyond each end.
 * Errors: as pyramid_walk_run. */
charts_status windowruns_reduce(reduction *to, const pyramid_source *source, uint64_t begin, uint64_t end,
                                charts_error *error);

#endif
