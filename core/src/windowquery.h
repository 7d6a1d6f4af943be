/* What a request for windows or nearest rows says (core/FORMAT.md, section 5). */
#ifndef CHARTS_SRC_WINDOWQUERY_H
#define CHARTS_SRC_WINDOWQUERY_H

#include "windows.h"

/* Reads a record of the route `window`; the request borrows from it. What is wrong with it, or NULL. Static. */
const char *windowquery_read(windows_request *wanted, const charts_value *asked);
/* The same of the route `nearest`. */
const char *windowquery_nearest(const charts_value **files, double *x, const charts_value *asked);

#endif
