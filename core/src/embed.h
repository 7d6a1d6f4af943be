/* HTML for inline display. */
#ifndef CHARTS_SRC_EMBED_H
#define CHARTS_SRC_EMBED_H

#include "buffer.h"

/* The HTML that shows the page at `url` in place: a frame for a chart of that height (pixels; the page's own row comes
 * on top) and width (pixels; 0: all there is), titled `title`. Attributes are escaped. */
void embed_frame(buffer *to, const char *url, const char *title, int height, int width);

#endif
