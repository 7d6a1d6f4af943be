/* Making the pyramid of a series file from its text. */
#ifndef CHARTS_SRC_INDEXING_H
#define CHARTS_SRC_INDEXING_H

#include "directory.h"
#include "pyramid.h"

typedef struct indexing {
  const directory *opened;
  const char *file;
  int descriptor; /* of the series file */
  bool settled;   /* the file has not changed for a while: no later change has the same stamp */
  /* Told now and then how far it is, 0 to 1; false ends the work with INTERRUPTED. May be NULL. */
  bool (*progress)(void *context, double fraction);
  void *context;
} indexing;

/* Makes and stores the pyramid. Errors: TYPE (a kind that has none, or text that only the JSON scanner reads), REFUSED
 * (the file changed meanwhile, or there is no place for it), FORMAT, IO, MEMORY, INTERRUPTED. */
charts_status indexing_run(const indexing *of, charts_error *error);

#endif
