/* Series files whose last append was broken off by the end of its process. */
#ifndef CHARTS_SRC_MENDING_H
#define CHARTS_SRC_MENDING_H

#include "storage.h"

/* Makes a torn series file of the chart directory `folder` whole: JSON that every program reads, with what stood there
 * before the append that was broken off. False when it was left alone: somebody is appending to it, it may not be
 * written, or what is there may be another program's file that is being written. Waits for nobody. */
bool mending_run(int folder, const char *file);

#endif
