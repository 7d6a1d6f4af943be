/* The windows of one request: those of all its series show one moment of the directory. */
#ifndef CHARTS_SRC_WINDOWS_H
#define CHARTS_SRC_WINDOWS_H

#include "window.h"

/* Files that one request holds open at once. */
enum { WINDOWS_HELD = 256 };

/* Reads the window of every file of `files` (a list of text) and appends the frame that answers them, each with its
 * error in its place. A put of several series, or a purge, that happens meanwhile is in all of the first WINDOWS_HELD
 * or in none. A failure of memory is the buffer's. */
void windows_write(buffer *to, const directory *opened, const charts_value *files, const window_request *wanted);

#endif
