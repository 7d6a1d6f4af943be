/* The words of HTTP: status phrases, the header lines of every answer, problem reports. Any thread. */
#ifndef CHARTS_SRC_HEADERS_H
#define CHARTS_SRC_HEADERS_H

#include "buffer.h"

/* "Not Found"; static. */
const char *headers_phrase(int status);
/* The security headers of every answer, each line ended by \r\n; the caller's (free), NULL when memory is out.
 * `base_host` and `base_origin`: of the proxy, or NULL. */
char *headers_security(const char *base_host, const char *base_origin);
/* Appends the body of an application/problem+json answer. */
void headers_problem(buffer *to, int status, const char *detail);
/* Appends the same as an HTML page: for a person who opens an address. */
void headers_page(buffer *to, int status, const char *detail);
/* Appends `text` so that HTML takes it for text, between tags and in quoted attributes. */
void html_escape(buffer *to, const char *text);

#endif
