/* The points of large series. */
#ifndef CHARTS_TESTS_POINTS_H
#define CHARTS_TESTS_POINTS_H

#include "charts.h"

/* How many there are. */
size_t points_count(void);
/* How many the large series of the world have: enough for a pyramid. */
size_t points_before(void);
void points_make(void);
/* Two columns, borrowed. */
charts_value *points_frame(size_t from, size_t count);

#endif
