/* The files that the library carries: the page, the options schema and the bundled series.
 *
 * The table is made by the build (web/embed.mjs) and never changes: any thread may read it at any time. */
#ifndef CHARTS_EMBEDDED_H
#define CHARTS_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

typedef struct embedded_file {
  const char *name; /* "page/index.html", "page/assets/main.js", "options.schema.json", "datasets/aapl.json" */
  const char *type; /* media type for Content-Type */
  const unsigned char *bytes; /* as stored, not ended by NUL */
  size_t size;                /* of the stored bytes */
  bool compressed;            /* the bytes are gzip: the files of the page are, schema and datasets are plain */
  const char *etag;           /* FNV-1a 64 of the stored bytes, 16 hex digits, without quotes */
} embedded_file;

/* The file of that name; NULL when there is none. */
const embedded_file *embedded_find(const char *name);

#endif
