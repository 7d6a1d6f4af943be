/* One keep-alive connection to a server of charts: a raw socket without delay, nothing between it and the clock. */
#ifndef CHARTS_BENCH_WIRE_H
#define CHARTS_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct wire {
  int socket;
  char *memory; /* the last answer */
  size_t room;
} wire;

/* A window of the walk. */
typedef struct wire_window {
  const char *directory, *file;
  double from, to; /* from NaN: the whole range */
  unsigned columns;
} wire_window;

bool wire_open(wire *opened, unsigned port);
void wire_close(wire *opened);
/* Asks for a window and reads the whole answer: the bytes of the frame, or -1 when it was none. */
long wire_ask(wire *over, unsigned port, const char *token, const wire_window *window);

/* A window of `count` rows, somewhere: of random width, evenly spread in logarithms from `least` rows to all of them.
 */
void wire_choose(wire_window *window, double count, double least, unsigned long long *seed);

#endif
