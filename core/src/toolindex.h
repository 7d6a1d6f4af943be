/* The command `charts index`. */
#ifndef CHARTS_SRC_TOOLINDEX_H
#define CHARTS_SRC_TOOLINDEX_H

#include "directory.h"

/* Makes the pyramids that a chart directory's long series lack, and says on standard output how long each took. Errors:
 * those of the directory; what is wrong with a series is said and passed over. */
charts_status toolindex_run(const directory *opened, charts_error *error);

#endif
