/* How many small windows a server answers: requests PORT TOKEN DIRECTORY FILE N CONNECTIONS SECONDS
 *
 * Every connection is a thread that asks for windows of 1000 rows in 100 columns, one after the other.
 */
#include "clock.h"
#include "statistics.h"
#include "walk.h"
#include "wire.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { ROWS = 1000, COLUMNS = 100, MOST_CONNECTIONS = 1000, MOST_TIMES = 1 << 16 };

/* What all connections share. */
typedef struct load {
  unsigned port;
  const char *token, *directory, *file;
  double rows, end;
} load;

typedef struct asker {
  const load *of;
  pthread_t thread;
  uint64_t seed;
  size_t answers, failures;
  double *times; /* of the first MOST_TIMES answers */
} asker;

static void *ask(void *context) {
  asker *one = context;
  const load *of = one->of;
  wire over;
  wire_window window = {.directory = of->directory, .file = of->file, .columns = COLUMNS};
  double width = of->rows > ROWS ? ROWS : of->rows;
  bool opened = wire_open(&over, of->port);
  for (double start = clock_now(); opened && start < of->end;) {
    double first = (double)(int64_t)(walk_random(&one->seed) * (of->rows - width));
    window.from = walk_x(first);
    window.to = walk_x(first + width - 1);
    if (wire_ask(&over, of->port, of->token, &window) < 0) {
      one->failures++;
      break;
    }
    double now = clock_now();
    if (one->answers < MOST_TIMES)
      one->times[one->answers] = now - start;
    one->answers++;
    start = now;
  }
  one->failures += !opened;
  wire_close(&over);
  return NULL;
}

static void report(asker *askers, size_t count, double seconds) {
  size_t answers = 0, failures = 0, kept = 0;
  double *times = malloc(count * MOST_TIMES * sizeof *times);
  if (!times)
    return;
  for (size_t k = 0; k < count; k++) {
    answers += askers[k].answers;
    failures += askers[k].failures;
    for (size_t i = 0; i < askers[k].answers && i < MOST_TIMES; i++)
      times[kept++] = askers[k].times[i];
    free(askers[k].times);
  }
  statistics_sort(times, kept);
  (void)printf("{\"per_second\":%.1f,\"failures\":%zu,\"p50\":%.9f,\"p99\":%.9f}\n", (double)answers / seconds,
               failures, statistics_at(times, kept, 0.5), statistics_at(times, kept, 0.99));
  free(times);
}

int main(int count, char **words) {
  size_t connections = count == 8 ? strtoul(words[6], NULL, 10) : 0;
  if (connections == 0 || connections > MOST_CONNECTIONS)
    return 2;
  double start = clock_now();
  load of = {.port = (unsigned)strtoul(words[1], NULL, 10), .token = words[2], .directory = words[3], .file = words[4]};
  of.rows = strtod(words[5], NULL);
  of.end = start + strtod(words[7], NULL);
  asker *askers = calloc(connections, sizeof *askers);
  for (size_t k = 0; askers && k < connections; k++) {
    askers[k] = (asker){.of = &of, .seed = 20060515 + k, .times = malloc(MOST_TIMES * sizeof(double))};
    if (!askers[k].times || pthread_create(&askers[k].thread, NULL, ask, &askers[k]) != 0)
      return 1;
  }
  for (size_t k = 0; askers && k < connections; k++)
    (void)pthread_join(askers[k].thread, NULL);
  report(askers, connections, clock_now() - start);
  free(askers);
  return 0;
}
