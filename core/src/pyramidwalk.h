/* Going through a series by its pyramid, from left to right: runs of rows as a whole, or row by row. */
#ifndef CHARTS_SRC_PYRAMIDWALK_H
#define CHARTS_SRC_PYRAMIDWALK_H

#include "pyramid.h"

typedef enum walk_step {
  WALK_ON,    /* the run is dealt with */
  WALK_SPLIT, /* show its parts */
  WALK_STOP   /* nothing more is wanted */
} walk_step;

typedef struct pyramid_walk {
  pyramid *from;
  int file; /* the series file */
  const char *name;
  void *context;
  /* What to do with a run of `count` rows, of which the first is the row `first` of the series. */
  charts_status (*run)(void *context, const summary *of, uint64_t first, uint64_t count, walk_step *step,
                       charts_error *error);
  /* Takes rows of a leaf that was split, and those behind the last leaf. */
  charts_status (*rows)(void *context, const double *rows, size_t count, uint64_t first, walk_step *step,
                        charts_error *error);
} pyramid_walk;

/* Errors: FORMAT (pyramid and text do not agree: the pyramid is of no use), IO, MEMORY, those of the callbacks. */
charts_status pyramid_walk_run(const pyramid_walk *walk, charts_error *error);

/* How many rows have an x below `x` (or `x` itself, with `inclusive`), in a sorted series. */
charts_status pyramid_count_below(uint64_t *count, pyramid *from, int file, const char *name, double x, bool inclusive,
                                  charts_error *error);

#endif
