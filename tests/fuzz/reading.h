/* Series files and JSON text as our readers read them, each way for itself. */
#ifndef CHARTS_TESTS_READING_H
#define CHARTS_TESTS_READING_H

#include "fuzz.h"
#include "reference.h"
#include "seriesfile.h"

/* All that a reading of a series gave. */
typedef struct reading {
  charts_status status;
  charts_error error;
  series_head head;
  double *rows; /* series_width(head.kind) each */
  size_t count;
  char **labels; /* kinds named and points; items may be NULL */
  char **records;
} reading;

/* Reads head and points; `whole`: the head is scanned whole, else it is told from the end of the file where that can
 * be.
 */
reading reading_of(int file, bool whole);
void reading_free(reading *of);
/* Ends the program unless both are the same. */
void reading_compare(const reading *left, const reading *right, const char *how);

/* Reads the rows of numbers of a text by the fast scanner, `step` bytes at a time, and compares them with the reading.
 */
void reading_rowtext(const reading *expected, const uint8_t *bytes, size_t length, size_t step);
/* Answers a window of everything, which is raw, and compares it with the reading. */
void reading_window(const reading *expected, int file);

/* The tree of a JSON text by our scanner: `step` bytes at a time (0: from memory). With `numbers` the inside of lists
 * is read by json_numbers, and what is no finite number is null. NULL: refused. */
json_t *reading_tree(const uint8_t *bytes, size_t length, size_t step, bool lenient, bool numbers);

#endif
