/* The server file: how a user's programs find the detached server of a folder. core/FORMAT.md, section 7. */
#ifndef CHARTS_SRC_SERVERFILE_H
#define CHARTS_SRC_SERVERFILE_H

#include "value.h"

/* Appends the path of the private folder that server files and redirect files live in; makes it (mode 0700). Errors:
 * REFUSED (somebody else's, or a link), IO, MEMORY. */
charts_status serverfile_folder(buffer *path, charts_error *error);

enum { SERVERFILE_TOKEN_ROOM = 64 };

typedef struct serverfile {
  unsigned port;
  long pid;
  char token[SERVERFILE_TOKEN_ROOM];
} serverfile;

/* Reads the file of the live server of `folder` (absolute, without links). NOT_FOUND: there is none. REFUSED: one is
 * starting. */
charts_status serverfile_read(serverfile *found, const char *folder, charts_error *error);

/* Takes the lock of the folder's server file, to be kept while the server lives. *descriptor is the caller's; a forked
 * child holds the lock too. REFUSED: a server lives or starts. Other errors: IO, MEMORY. */
charts_status serverfile_hold(int *descriptor, const char *folder, charts_error *error);
/* Writes what others need to find the server. */
charts_status serverfile_write(int descriptor, const char *folder, const serverfile *content, charts_error *error);
/* Removes the file and lets the lock go. */
void serverfile_drop(int descriptor, const char *folder);

#endif
