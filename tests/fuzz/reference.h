/* A series file as jansson and core/FORMAT.md read it, for comparison with our readers.
 *
 * Where ours differs from jansson on purpose, by name and reason; everything else must be the same:
 *
 * BOM         a byte order mark in first place is passed over: editors write it. Only in series files.
 * NONFINITE   NaN, Infinity and -Infinity are numbers: Python's json writes them. In data they are gaps. Only in series
 * files. OVERFLOW    a number beyond the doubles is an infinity (a gap in data), as JavaScript reads it; jansson
 * refuses it. DEPTH       ours ends at 64 levels (a bounded stack for requests), jansson at 2048. DUPLICATES  of a key
 * that comes twice the last one counts, as in jansson, but each must be valid, since the file is read as it comes;
 * `data` twice is refused, since the first one may have been read already. TORN        our files whose last append was
 * broken off end at their last newline (FORMAT.md, section 1). LIMITS      text of over 1 MiB and more than 1000
 * attributes are refused.
 *
 * No differences: integers of any size (jansson is asked for doubles), NUL (in texts taken, in keys refused), UTF-8,
 * surrogates, white space, -0, underflow. */
#ifndef CHARTS_TESTS_REFERENCE_H
#define CHARTS_TESTS_REFERENCE_H

#include "fuzz.h"
#include "peer.h"
#include "series.h"

/* Text whose named differences are gone: what jansson refuses is replaced by numbers that stand for it. */
typedef struct reference_text {
  char *bytes;
  size_t length;
  int depth;      /* levels of brackets */
  bool overflow;  /* OVERFLOW */
  bool nonfinite; /* NONFINITE or BOM */
} reference_text;

reference_text reference_normalise(const uint8_t *bytes, size_t length);
void reference_text_free(reference_text *of);

/* NULL: jansson refuses it. */
json_t *reference_parse(const char *bytes, size_t length);
/* Whether a key comes twice in a record. */
bool reference_duplicates(const char *bytes, size_t length);
/* A number of the tree, with what stands for NaN and the infinities. */
double reference_number(const json_t *number);
/* A number for the tree. */
json_t *reference_number_new(double number);
/* Numbers that are not finite become null, as we write them. A new reference. */
json_t *reference_plain(const json_t *from);

enum { REFERENCE_WIDTH = 5 };

typedef struct reference_row {
  double numbers[REFERENCE_WIDTH]; /* x, then the values */
  const json_t *label;             /* text, or NULL */
  const json_t *record;            /* or NULL */
} reference_row;

/* What FORMAT.md says of a tree. Borrows from it. */
typedef struct reference_series {
  bool valid;
  const char *reason; /* of what is not */
  series_kind kind;
  const json_t *name; /* or NULL */
  bool display;
  bool has_index;
  double index;
  json_t *attributes; /* owned */
  reference_row *rows;
  size_t count;
} reference_series;

reference_series reference_read(const json_t *tree);
void reference_series_free(reference_series *of);

#endif
