/* The chart directories that a server serves: those in its folder by name, any other by a hash once it was registered.
 */
#ifndef CHARTS_SRC_CATALOGUE_H
#define CHARTS_SRC_CATALOGUE_H

#include "directory.h"

/* Any thread may use it. */
typedef struct catalogue catalogue;

/* `folder`: absolute. Errors: NOT_FOUND, MEMORY. */
charts_status catalogue_open(catalogue **opened, const char *folder, charts_error *error);
void catalogue_close(catalogue *opened);
const char *catalogue_folder(const catalogue *opened);
/* The absolute path, without links, of the chart directory of a segment (decoded); *path is the caller's. NOT_FOUND. */
charts_status catalogue_find(char **path, catalogue *opened, const char *segment, charts_error *error);
/* Registers the chart directory at an absolute path and appends its segment (not encoded). Errors: NOT_FOUND (no chart
 * directory), ARGUMENT, IO, MEMORY. */
charts_status catalogue_register(buffer *segment, catalogue *opened, const char *path, charts_error *error);
/* Appends the answer of `api/directories`. Errors: IO (a list without what could not be read would not be true),
 * MEMORY.
 */
charts_status catalogue_write(buffer *to, catalogue *opened, charts_error *error);

#endif
