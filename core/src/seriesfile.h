/* A series as JSON text in a file: writing a series, finding head and data of any JSON series file, reading its points.
 */
#ifndef CHARTS_SRC_SERIESFILE_H
#define CHARTS_SRC_SERIESFILE_H

#include "rowwriter.h"

#include <sys/stat.h>

/* What a series file says about itself, without its points. */
typedef struct series_head {
  charts_value *attributes; /* record without name, display, index, data; owned */
  char *name;               /* NULL when the file has none; owned */
  bool display;
  bool has_index;
  double index;
  series_kind kind;    /* of the first element; SERIES_EMPTY when there is none */
  uint64_t data_start; /* offset of the `[` of data */
  bool data_last;      /* data is the last member: only white space, `}` and white space follow its `]` */
  bool guessed;   /* … as far as the end of a long file of another program tells: it may be that of another list */
  bool torn;      /* an append was broken off, or is under way */
  uint64_t limit; /* offset of the byte before which the data ended when the head was read, whoever appends since;
                     UINT64_MAX: it is not known before they are read */
} series_head;

void series_head_free(series_head *head);

/* Reads the head from an open regular file: what stands before the data, their first element, and the end of the file.
 * Small files of other programs, and those whose end does not tell where the data end, are scanned whole. Errors:
 * FORMAT with line and column, IO, MEMORY. */
charts_status seriesfile_head(series_head *head, int file, const char *name, charts_error *error);

/* The same for who has no time: LIMIT where about `most` bytes from its beginning do not tell, or `behind` bytes from
 * its end; 0: as many as there are. */
charts_status seriesfile_head_within(series_head *head, int file, const char *name, uint64_t most, uint64_t behind,
                                     charts_error *error);

/* The same, scanned whole: nothing is guessed. */
charts_status seriesfile_head_whole(series_head *head, int file, const char *name, charts_error *error);

/* Whether a file begins with the members that we write first: only then is an append to it that was broken off known as
 * one by who reads it. */
bool seriesfile_begins_as_ours(int file, const char *name);

/* x of a series of bare numbers, which is finite at every place: pointStart and pointInterval, or 0 and 1. */
void seriesfile_counted_x(const charts_value *attributes, double *start, double *interval);

/* Reads every element of a series file to the end and checks that it parses: for `charts check`. */
charts_status seriesfile_check(int file, const char *name, charts_error *error);

/* Streams the points of a series file in blocks. A block has up to `count` rows of `width` numbers: x then the values
 * (kind y, named and points get their x here; the y of points; NaN where there is none). For named and points
 * `labels[i]` is the label or NULL and, for points, `records[i]` the JSON of the record (both live during the call).
 * Returning anything but CHARTS_OK ends the reading with that status. */
typedef struct series_block {
  const double *rows;
  size_t count;
  size_t width;
  const char *const *labels;
  const char *const *records;
} series_block;
typedef charts_status (*series_visit)(void *context, const series_block *block, charts_error *error);
charts_status seriesfile_points(int file, const char *name, const series_head *head, series_visit visit, void *context,
                                charts_error *error);

/* Writes the file's text from a checked series. `state` becomes what a pyramid of the file says of it, but for the
 * stamp; its leaves go to `to->pyramid`. Errors: those of `to->write`, INTERRUPTED, ARGUMENT (a reader), MEMORY. */
charts_status seriesfile_write(const series *from, bool display, double index, const series_output *to,
                               pyramid_state *state, charts_error *error);

/* Writes the points alone, as they follow others in a file that is appended to: `writer` says where. Errors: as above.
 */
charts_status seriesfile_write_points(rowwriter *writer, const series *from, charts_error *error);

/* An opaque text that changes when the file does: from size, mtime, ctime and inode. At least 64 bytes of room. */
void seriesfile_stamp(char *stamp, const struct stat *status);

#endif
