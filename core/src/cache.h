/* The user's own stand-in for `.charts` of a directory that he may read but not write:
 * `$XDG_CACHE_HOME/charts/HASH/.charts` (else `~/.cache/charts/…`), HASH being that of the directory's absolute path.
 */
#ifndef CHARTS_SRC_CACHE_H
#define CHARTS_SRC_CACHE_H

#include <stdbool.h>

/* Opens the folder that holds the stand-in; with `make` it is made when missing. -1 when there is none. */
int cache_open(const char *path, bool make);
/* Whether a directory needs one: `.charts` of the folder, or the folder where there is none, cannot be written. */
bool cache_needed(int folder);

#endif
