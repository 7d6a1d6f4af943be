/* How long a server takes to answer windows: windows PORT TOKEN DIRECTORY FILE N COLUMNS COUNT
 *
 * COUNT random windows of a series of N rows over one connection, then the whole range, 21 times; prints seconds.
 */
#include "clock.h"
#include "statistics.h"
#include "wire.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WHOLE = 21, WARM = 5 };

/* Random windows show from this share of the rows to all of them: the same shares of every length. */
static const double least_share = 0.01;

typedef struct asking {
  wire over;
  unsigned port;
  const char *token;
  wire_window window;
  double bytes;
} asking;

static double ask(asking *of) {
  double start = clock_now();
  long bytes = wire_ask(&of->over, of->port, of->token, &of->window);
  double seconds = clock_now() - start;
  if (bytes < 0) {
    (void)fputs("windows: the server did not answer with a frame\n", stderr);
    exit(1);
  }
  of->bytes += (double)bytes;
  return seconds;
}

/* Asks `count` times; with rows for random windows, else as the window is. Sorted. */
static void ask_many(asking *of, double *times, size_t count, double rows) {
  unsigned long long seed = 20060515;
  for (size_t i = 0; i < count; i++) {
    if (rows > 0)
      wire_choose(&of->window, rows, rows * least_share > 1 ? rows * least_share : 1, &seed);
    times[i] = ask(of);
  }
  statistics_sort(times, count);
}

int main(int count, char **words) {
  if (count != 8)
    return 2;
  asking of = {.port = (unsigned)strtoul(words[1], NULL, 10), .token = words[2]};
  double rows = strtod(words[5], NULL);
  size_t windows = strtoul(words[7], NULL, 10);
  double *times = calloc(windows + WHOLE, sizeof *times);
  if (!times || !wire_open(&of.over, of.port)) {
    (void)fputs("windows: no connection\n", stderr);
    return 1;
  }
  of.window = (wire_window){
      .directory = words[3], .file = words[4], .from = NAN, .columns = (unsigned)strtoul(words[6], NULL, 10)};
  ask_many(&of, times, WARM, 0);
  ask_many(&of, times, WHOLE, 0);
  double whole = statistics_at(times, WHOLE, 0.5);
  ask_many(&of, times, windows, rows); /* once to warm: the same windows again */
  of.bytes = 0;
  ask_many(&of, times, windows, rows);
  (void)printf("{\"p50\":%.9f,\"p99\":%.9f,\"longest\":%.9f,\"whole\":%.9f,\"bytes\":%.0f}\n",
               statistics_at(times, windows, 0.5), statistics_at(times, windows, 0.99), times[windows - 1], whole,
               of.bytes / (double)windows);
  wire_close(&of.over);
  free(times);
  return 0;
}
