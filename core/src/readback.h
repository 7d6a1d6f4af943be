/* A series file as a value, as the calls `read` and `data` give it. */
#ifndef CHARTS_SRC_READBACK_H
#define CHARTS_SRC_READBACK_H

#include "seriesfile.h"

/* *value is a record: name, the attributes, and data: a column (kind y), a frame with the columns x, y (or low, high;
 * open, high, low, close), or a list of rows or records. x of a time is a column of milliseconds with its zone.
 * Plotting it again writes the same file. It is the caller's. Errors: FORMAT, IO, MEMORY. */
charts_status readback_file(charts_value **value, int file, const char *file_name, const char *name,
                            charts_error *error);

#endif
