/* Runs another program so that it inherits nothing of ours: no descriptor, no signal handling, no controlling terminal.
 */
#ifndef CHARTS_SRC_PROGRAM_H
#define CHARTS_SRC_PROGRAM_H

#include "buffer.h"
#include "status.h"

/* Appends the path of the program `name`: itself when it holds a slash, else the first of PATH. False when there is no
 * such executable, or memory was out: then the buffer has failed. */
bool program_find(buffer *path, const char *name);

/* Runs a program in a session of its own with /dev/null on 0, 1 and 2, waits for its end (of that child only), and
 * gives its exit status (-1: a signal, or unknown). With `said` not NULL its stderr is read instead, up to 4 KB.
 * Errors: SERVER (it cannot be started, or did not end within `deadline_ms`; then it runs on), IO (it cannot be
 * listened to; then too). */
charts_status program_run(int *exit_status, buffer *said, const char *const *arguments, int deadline_ms,
                          charts_error *error);

#endif
