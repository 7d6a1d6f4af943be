/* File systems whose changes this machine's kernel does not see. */
#ifndef CHARTS_SRC_REMOTE_H
#define CHARTS_SRC_REMOTE_H

#include <stdbool.h>

/* Whether a path lies on a file system on which the writes of another machine, or of the program behind it, make no
 * inotify event. False where there is nothing. Waits as long as the file system does. */
bool remote_path(const char *path);

#endif
