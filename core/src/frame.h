/* Windows as bytes on the wire: core/FORMAT.md, section 5. */
#ifndef CHARTS_SRC_FRAME_H
#define CHARTS_SRC_FRAME_H

#include "window.h"

/* One series of a frame: its window, or the error that stands for it. */
typedef struct frame_series {
  const char *file;
  const window *answer; /* NULL: error */
  const char *error;
} frame_series;

/* Appends one frame to `to` (whose `failed` tells when memory is out). */
void frame_write(buffer *to, const frame_series *items, size_t count);

#endif
