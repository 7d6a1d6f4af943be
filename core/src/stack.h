/* The windows of series that stand on each other: each one is the sum of those up to it, reduced after it is summed. */
#ifndef CHARTS_SRC_STACK_H
#define CHARTS_SRC_STACK_H

#include "window.h"

/* A series of the stack, the lowest first. */
typedef struct stack_layer {
  const char *file;
  int descriptor;
  window answer; /* out; the caller's (window_free) when the stack is read */
} stack_layer;

/* Errors: TYPE (they do not share x, row by row, or are of other kinds than y and xy, or not in order of x), ARGUMENT,
 * INTERRUPTED, FORMAT, IO, MEMORY; then there is no answer. */
charts_status stack_read(const directory *opened, stack_layer *layers, size_t count, const window_request *request,
                         charts_error *error);

#endif
