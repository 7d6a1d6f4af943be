#include "embed.h"

#include "headers.h"

/* The page's one row above the chart, in a frame: web/src/view/page.css (pixels). */
enum { TOOLBAR_HEIGHT = 40 };

void embed_frame(buffer *to, const char *url, const char *title, int height, int width) {
  buffer_add_text(to, "<iframe class=\"charts\" src=\"");
  html_escape(to, url);
  buffer_add_text(to, "\" title=\"");
  html_escape(to, title);
  buffer_add_text(to, "\" style=\"display:block;border:0;max-width:100%;width:");
  if (width > 0)
    buffer_add_format(to, "%dpx", width);
  else
    buffer_add_text(to, "100%");
  buffer_add_format(to, ";height:%dpx\" allow=\"clipboard-write\"></iframe>\n", height + TOOLBAR_HEIGHT);
}
