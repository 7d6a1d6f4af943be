/* Where the pyramids of a chart directory are: in `.charts/pyramid` of the folder that is written (directory_own).
 * Nothing here is an error for the user: what cannot be stored is not there. */
#ifndef CHARTS_SRC_PYRAMIDSTORE_H
#define CHARTS_SRC_PYRAMIDSTORE_H

#include "pyramid.h"
#include "storage.h"

/* A pyramid that is being made: a temporary file. All zero is none. */
typedef struct pyramidstore_new {
  bool made;
  char name[FILE_NAME_ROOM];
} pyramidstore_new;

/* Opens the pyramid of a series file, with `extend` for writing too; -1 when there is none. */
int pyramidstore_open(int folder, const char *file, bool extend);
/* Makes an empty file and opens it; -1 where that is nowhere possible. */
int pyramidstore_create(pyramidstore_new *made, int folder);
/* Makes it the pyramid of a series file, whose stamp it gets; false where that fails: then it is removed. */
bool pyramidstore_commit(pyramidstore_new *made, int folder, const char *file, const pyramid_stamp *stamp);
/* Removes what was made and not committed. */
void pyramidstore_discard(pyramidstore_new *made, int folder);
void pyramidstore_remove(int folder, const char *file);
/* Removes the pyramids of files that are no more in the chart directory `base`. */
void pyramidstore_sweep(int folder, int base);

#endif
