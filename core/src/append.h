/* Adding points behind those that a series file holds, at the cost of the new points alone. */
#ifndef CHARTS_SRC_APPEND_H
#define CHARTS_SRC_APPEND_H

#include "directory.h"

/* Appends each series of the list to the one of its name; one that is not there yet is added as a put adds it. All are
 * checked before any is written; where one cannot be written after others, the error names those. Readers meet each
 * append whole or not at all, whatever happens to this process. Errors: TYPE (points of a kind that the series does not
 * hold, times to numbers), REFUSED (a series stays locked by others for ten seconds), IO (the file is as it was),
 * FORMAT, MEMORY, INTERRUPTED. */
charts_status append_series(const directory *opened, const series_list *list, charts_error *error);

#endif
