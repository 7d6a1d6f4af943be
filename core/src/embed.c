#include "embed.h"

/* The page's one row above the chart, in a frame: web/src/view/page.css (pixels). */
enum { TOOLBAR_HEIGHT = 40 };

static void add_escaped(buffer *to, const char *text) {
  for (; *text; text++) {
    switch (*text) {
    case '&':
      buffer_add_text(to, "&amp;");
      break;
    case '<':
      buffer_add_text(to, "&lt;");
      break;
    case '>':
      buffer_add_text(to, "&gt;");
      break;
    case '"':
      buffer_add_text(to, "&quot;");
      break;
    case '\'':
      buffer_add_text(to, "&#39;");
      break;
    default:
      buffer_add_char(to, *text);
    }
  }
}

void embed_frame(buffer *to, const char *url, const char *title, int height, int width) {
  buffer_add_text(to, "<iframe class=\"charts\" src=\"");
  add_escaped(to, url);
  buffer_add_text(to, "\" title=\"");
  add_escaped(to, title);
  buffer_add_text(to, "\" style=\"display:block;border:0;max-width:100%;width:");
  if (width > 0)
    buffer_add_format(to, "%dpx", width);
  else
    buffer_add_text(to, "100%");
  buffer_add_format(to, ";height:%dpx\" allow=\"clipboard-write\"></iframe>\n", height + TOOLBAR_HEIGHT);
}
