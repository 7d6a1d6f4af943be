/* Where the data of a series file end, told from the end of the file. */
#ifndef CHARTS_SRC_SERIESTAIL_H
#define CHARTS_SRC_SERIESTAIL_H

#include "series.h"

typedef enum seriestail_kind {
  TAIL_UNKNOWN, /* only reading all of it tells */
  TAIL_LAST,    /* nothing follows the data */
  TAIL_MEMBERS, /* other members follow them */
  TAIL_TORN     /* ours, with an append that was broken off */
} seriestail_kind;

typedef struct seriestail {
  seriestail_kind kind;
  uint64_t close; /* TAIL_LAST, TAIL_MEMBERS: offset of the `]` of the data */
  uint64_t limit; /* TAIL_TORN: offset of the newline before which the rows end */
  buffer members; /* TAIL_MEMBERS: the members as a JSON record */
} seriestail;

/* How to look. */
typedef struct seriestail_look {
  series_kind kind;
  uint64_t data_start;
  bool ours;     /* the members before the data stand as we write them */
  uint64_t most; /* LIMIT where about so many bytes do not tell; 0: as many as there are */
} seriestail_look;

/* Errors: IO, MEMORY, LIMIT. Freed by seriestail_free. */
charts_status seriestail_find(seriestail *found, int file, const char *name, const seriestail_look *how,
                              charts_error *error);
void seriestail_free(seriestail *of);
/* Whether a file of `size` bytes ends in `]}`, as we close it. */
bool seriestail_closed(int file, const char *name, uint64_t size);

#endif
