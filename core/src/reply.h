/* Answers that several routes share: JSON, files the library carries, files of a directory, and errors of the core as
 * HTTP. */
#ifndef CHARTS_SRC_REPLY_H
#define CHARTS_SRC_REPLY_H

#include "http.h"
#include "value.h"

#include <sys/stat.h>

/* Answers JSON, or 503 when the buffer has failed; frees the buffer. */
void reply_json(http_request *request, buffer *text);
/* Answers what an error of the core means: NOT_FOUND 404, bad input 422, and so on. */
void reply_error(http_request *request, const charts_error *error);
/* Answers a file that the library carries ("page/index.html"), or 404. */
void reply_embedded(http_request *request, const char *name);
/* Answers an open series file, without an append that is under way or was broken off, honouring If-None-Match and
 * Range; 422 where it is no series. `status` is its fstat. */
void reply_file(http_request *request, int descriptor, const struct stat *status, const char *name);

#endif
