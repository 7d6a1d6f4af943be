/* Levels of summaries over the rows of one series file, in a file of their own: what answers a window without reading
 * all of the text. Its format, and why readers need no lock: core/FORMAT.md, section 8. */
#ifndef CHARTS_SRC_PYRAMID_H
#define CHARTS_SRC_PYRAMID_H

#include "summary.h"

#include <sys/stat.h>

enum {
  PYRAMID_FANOUT = 16,
  PYRAMID_LEVELS = 16,
  PYRAMID_SEGMENTS = 48,
  PYRAMID_NUMBERS = 16384 /* series of fewer numbers are read whole */
};

/* Which state of the series file a pyramid is of. */
typedef struct pyramid_stamp {
  uint64_t size;
  int64_t modified; /* ns since 1970 */
  int64_t changed;
  uint64_t inode;
  bool settled; /* no later change of the file can have the same stamp */
} pyramid_stamp;

typedef struct pyramid_state {
  series_kind kind;
  double start; /* x of kind y */
  double interval;
  pyramid_stamp stamp;
  uint64_t data_start; /* offset of the `[` of the data */
  uint64_t data_end;   /* offset behind its last row */
  uint64_t leaves;
  uint64_t tail; /* offset of the first row behind the last leaf; data_end when there is none */
  totals totals;
} pyramid_state;

typedef struct pyramid_node {
  summary run;
  uint64_t text; /* offset of its first row in the series file */
} pyramid_node;

/* Rows that a leaf of a kind summarizes; 0 for kinds without pyramids. */
size_t pyramid_leaf_rows(series_kind kind);
/* Whether a series of so many rows gets one. */
bool pyramid_pays(series_kind kind, uint64_t rows);
pyramid_stamp pyramid_stamp_of(const struct stat *status, bool settled);
bool pyramid_stamp_equal(const pyramid_stamp *left, const pyramid_stamp *right);

/* The place of nodes in a pyramid of `leaves` leaves. Segments are numbered from 0; `first_leaf` is that of the whole.
 */
size_t pyramid_segments(uint64_t leaves);
uint64_t pyramid_first_leaf(size_t segment);
/* Levels of a segment, the leaves' included. */
unsigned pyramid_levels(size_t segment);
/* Nodes of a level that are whole. */
uint64_t pyramid_whole(size_t segment, unsigned level, uint64_t leaves);

/* ---- Reading ---- */

typedef struct pyramid pyramid;

/* Opens the pyramid in `file`, which it does not own. Errors: FORMAT (it is none, or damaged), IO, MEMORY. */
charts_status pyramid_open(pyramid **opened, int file, const char *name, charts_error *error);
void pyramid_close(pyramid *opened);
const pyramid_state *pyramid_state_of(const pyramid *opened);
/* The same pyramid in the same state, for another thread. NULL when memory is out. */
pyramid *pyramid_reopen(const pyramid *opened);
/* What was read of pyramids is kept in `cache` from now on, and looked for there; it lives as long. NULL: nowhere. */
struct nodecache;
void pyramid_use_cache(pyramid *of, struct nodecache *cache);
/* Random, and the same for as long as the pyramid only grows. */
uint64_t pyramid_key(const pyramid *opened);
/* Reads the header again: for who extends it. */
charts_status pyramid_read_state(pyramid_state *state, uint64_t *key, int file, const char *name, charts_error *error);
/* The whole nodes [first, first + count) of a level, at most PYRAMID_FANOUT. Errors: FORMAT (a checksum does not hold),
 * IO, MEMORY. */
charts_status pyramid_nodes(pyramid *from, size_t segment, unsigned level, uint64_t first, size_t count,
                            pyramid_node *nodes, charts_error *error);

/* ---- Building ---- */

typedef struct pyramid_builder pyramid_builder;

/* Begins a pyramid in an empty file, or goes on with one of `state`. NULL when memory is out or the file cannot be
 * read. The file stays the caller's. */
pyramid_builder *pyramid_begin(int file, series_kind kind);
pyramid_builder *pyramid_resume(int file, const pyramid_state *state, uint64_t key);
/* Adds the summary of the next rows, which begin at `text`. What fails shows in pyramid_finish. */
void pyramid_add(pyramid_builder *to, const summary *leaf, uint64_t text);
/* Writes what is still to be written, then the header, with `state`'s leaves as they were added. False: it is of no
 * use. */
bool pyramid_finish(pyramid_builder *of, const pyramid_state *state);
/* Gives a finished pyramid another stamp. */
bool pyramid_restamp(int file, const pyramid_stamp *stamp);
void pyramid_builder_free(pyramid_builder *of);

#endif
