/* The view of a chart: what a call said of how it looks, as core/FORMAT.md, section 3 keeps it. */
#ifndef CHARTS_SRC_VIEW_H
#define CHARTS_SRC_VIEW_H

#include "arguments.h"

/* Makes the view from the arguments options, type, height, width, stock and live; only what was given is in it. `path`
 * is the chart directory's absolute path, whose settings (when it is one) are looked through first for options that are
 * a name. *view is the caller's. Notes and warnings go to `messages`. Errors: ARGUMENT, TYPE, FORMAT, IO, MEMORY. */
charts_status view_read(charts_value **view, const arguments *bound, const char *path, charts_value *messages,
                        charts_error *error);

/* The view as it looks now: its options are the settings that the chart directory at `path` holds under the view's
 * name of settings, when it does. The caller's; NULL when memory is out. */
charts_value *view_effective(const charts_value *view, const char *path);

/* The height and width (pixels) at which the view is shown: its own, else its options', else the defaults (400, and 0:
 * all there is). */
int view_height(const charts_value *view);
int view_width(const charts_value *view);
/* Its title, or NULL. */
const char *view_title(const charts_value *view);

#endif
