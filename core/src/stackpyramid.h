/* Pyramids over the sums of a stack: made while the stack is read from the text for the first time, then its windows
 * cost what those of a series do. They are of the very pyramids of its series (by their keys), so that they stay good
 * while those only grow. */
#ifndef CHARTS_SRC_STACKPYRAMID_H
#define CHARTS_SRC_STACKPYRAMID_H

#include "pyramidstore.h"
#include "stack.h"

/* The pyramids of a stack that are being made: one for each layer but the lowest, whose own serves. All zero is none.
 */
typedef struct stackpyramid_new {
  const directory *opened;
  size_t count;   /* of layers */
  uint64_t *keys; /* what each layer's sums are of */
  struct stackpyramid_layer *layers;
  storage_lock temporaries; /* held while there are any */
} stackpyramid_new;

/* Begins them; false when the stack gets none: a layer has no pyramid itself. Ended by stackpyramid_end. */
bool stackpyramid_begin(stackpyramid_new *made, const directory *opened, const stack_layer *layers, size_t count);
/* Adds rows (x, sum) of a layer; blocks begin at multiples of a leaf. */
void stackpyramid_add(stackpyramid_new *to, size_t layer, const double *rows, size_t count);
/* Stores them when `whole`, else drops them; frees all. */
void stackpyramid_end(stackpyramid_new *of, const stack_layer *layers, bool whole);

/* Answers the windows of all layers by their pyramids. False when that is not possible; then there is no answer. */
bool stackpyramid_read(const directory *opened, stack_layer *layers, size_t count, const window_request *request);

#endif
