/* HTML for inline display. */
#ifndef CHARTS_SRC_EMBED_H
#define CHARTS_SRC_EMBED_H

#include "buffer.h"

/* The HTML that shows the page at `url` in place: a frame of that height (pixels) and width (pixels; 0: all there is),
 * titled `title`. Attributes are escaped. */
void embed_frame(buffer *to, const char *url, const char *title, int height, int width);

#endif
