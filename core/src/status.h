/* Status codes and the error that a caller owns. */
#ifndef CHARTS_SRC_STATUS_H
#define CHARTS_SRC_STATUS_H

#include "charts.h"

#include <errno.h>

/* Fills `error` (NULL is accepted) with a status and a sentence in printf format. Text that does not fit is cut at a
 * whole UTF-8 character. */
__attribute__((format(printf, 3, 4))) void error_fill(charts_error *error, charts_status status, const char *format,
                                                      ...);

/* The same, and gives the status, so that a function ends with `return error_set(error, CHARTS_TYPE, "…")`. A macro, so
 * that compilers and analyzers see which status it is. */
#define error_set(error, status, ...) (error_fill((error), (status), __VA_ARGS__), (status))

/* Fills `error` for a failed system call: what was tried ("cannot write"), the file's name and the text of `number`
 * (errno). */
void error_fill_system(charts_error *error, int number, const char *what, const char *path);

static inline charts_status error_system(charts_error *error, int number, const char *what, const char *path) {
  error_fill_system(error, number, what, path);
  return CHARTS_IO;
}

/* Whether an error (errno) is one of what the process or the machine has left, and tells nothing of the file. */
static inline bool error_of_process(int number) {
  return number == EMFILE || number == ENFILE || number == ENOMEM || number == EINTR;
}

static inline charts_status error_memory(charts_error *error) {
  return error_set(error, CHARTS_MEMORY, "out of memory");
}

#endif
