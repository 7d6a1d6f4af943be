#include "headers.h"

#include "json.h"

#include <ctype.h>
#include <string.h>

const char *headers_phrase(int status) {
  static const struct {
    int status;
    const char *text;
  } phrases[] = {{200, "OK"},
                 {206, "Partial Content"},
                 {301, "Moved Permanently"},
                 {304, "Not Modified"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {414, "URI Too Long"},
                 {415, "Unsupported Media Type"},
                 {416, "Range Not Satisfiable"},
                 {422, "Unprocessable Content"},
                 {426, "Upgrade Required"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"},
                 {507, "Insufficient Storage"}};
  for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
    if (phrases[i].status == status)
      return phrases[i].text;
  return status < 500 ? "Bad Request" : "Internal Server Error";
}

/* What pages may do: nothing from elsewhere, no code but ours, shown in frames of this machine only. */
char *headers_security(const char *base_host, const char *base_origin) {
  buffer text = {0};
  buffer_add_text(&text,
                  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                  "img-src 'self' data: blob:; connect-src 'self'");
  if (base_host) /* older browsers do not count ws: as 'self' */
    buffer_add_format(&text, " ws://%s wss://%s", base_host, base_host);
  buffer_add_text(&text,
                  " ws://127.0.0.1:* ws://localhost:*; font-src 'self' data:; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'self' http://127.0.0.1:* http://localhost:* file:");
  if (base_origin)
    buffer_add_format(&text, " %s", base_origin);
  buffer_add_text(&text, "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: "
                         "no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n");
  if (!text.failed)
    return text.bytes;
  buffer_free(&text);
  return NULL;
}

void headers_problem(buffer *to, int status, const char *detail) {
  const char *title = headers_phrase(status);
  buffer_add_text(to, "{\"type\":\"about:blank\",\"title\":");
  json_write_text(to, title, strlen(title));
  buffer_add_format(to, ",\"status\":%d,\"detail\":", status);
  json_write_text(to, detail, strlen(detail));
  buffer_add_char(to, '}');
}

void html_escape(buffer *to, const char *text) {
  static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  static const char characters[] = "&<>\"'";
  for (; *text; text++) {
    const char *found = strchr(characters, *text);
    if (found)
      buffer_add_text(to, names[found - characters]);
    else
      buffer_add_char(to, *text);
  }
}

void headers_page(buffer *to, int status, const char *detail) {
  static const char style[] =
      ":root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-items:center;"
      "font:16px/1.5 system-ui,sans-serif}main{max-width:34em;padding:2em;overflow-wrap:anywhere}"
      "h1{margin:0 0 .4em;font-size:1.4em}p{margin:0;opacity:.8}";
  char first[2] = {(char)toupper((unsigned char)detail[0])};
  buffer_add_format(to,
                    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                    "content=\"width=device-width, initial-scale=1\"><title>%s</title><style>%s</style></head>"
                    "<body><main><h1>%s</h1><p>",
                    headers_phrase(status), style, headers_phrase(status));
  html_escape(to, first);
  html_escape(to, detail + (detail[0] != 0));
  buffer_add_text(to, ".</p></main></body></html>\n");
}
