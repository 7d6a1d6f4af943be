/* Going through a series by its pyramid, from left to right: runs of rows as a whole, or row by row. */
#ifndef CHARTS_SRC_PYRAMIDWALK_H
#define CHARTS_SRC_PYRAMIDWALK_H

#include "pyramid.h"

typedef enum walk_step {
  WALK_ON,    /* the run is dealt with */
  WALK_SPLIT, /* show its parts */
  WALK_STOP   /* nothing more is wanted */
} walk_step;

/* A series and its pyramid. */
typedef struct pyramid_source {
  pyramid *from;
  totals all; /* of the series, which may have more rows than the pyramid knows when `read` gives them */
  int file;   /* the series file */
  const char *name;
  /* Gives `count` rows from the row `first` on, at most PYRAMID_ROWS_MOST; NULL: they are read from the file. */
  charts_status (*read)(void *context, double *rows, uint64_t first, size_t count, charts_error *error);
  void *context;
} pyramid_source;

enum { PYRAMID_ROWS_MOST = 64 };

/* A series file as it stands, with the pyramid that fits it. */
pyramid_source pyramid_source_of(pyramid *from, int file, const char *name);

typedef struct pyramid_walk {
  const pyramid_source *source;
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
charts_status pyramid_count_below(uint64_t *count, const pyramid_source *source, double x, bool inclusive,
                                  charts_error *error);

/* Reads single rows of a series by its pyramid, wherever they are. */
typedef struct pyramid_rows pyramid_rows;
/* NULL when memory is out. `source` lives as long. */
pyramid_rows *pyramid_rows_open(const pyramid_source *source);
void pyramid_rows_close(pyramid_rows *of);
/* `count` rows from the row `first` on, all of them there. Errors: FORMAT (the pyramid does not fit), IO, MEMORY. */
charts_status pyramid_rows_read(pyramid_rows *of, double *rows, uint64_t first, size_t count, charts_error *error);

#endif
