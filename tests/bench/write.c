/* From numbers in memory to finished files, by the library alone.
 *
 *     write rows Y.f64 N DIRECTORY [SERIES]   rows [x, y]; with SERIES so many series, walk-0 and so on, each 10 higher
 *     write steps N DIRECTORY                 a walk in cents at regular times: y with pointStart and pointInterval
 *
 * Prints {"seconds":…,"peak_mib":…}: the time of the call, and by how much the memory rose in it at most.
 */
#include "clock.h"
#include "core.h"
#include "memory.h"
#include "walk.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct steps {
  double left;
  int64_t cents;
  uint64_t seed;
} steps;

static size_t read_steps(void *context, double *block, size_t room) {
  steps *of = context;
  size_t count = of->left < (double)room ? (size_t)of->left : room;
  for (size_t i = 0; i < count; i++) {
    of->cents += (int64_t)(walk_random(&of->seed) * 201) - 100;
    block[i] = (double)of->cents / 100;
  }
  of->left -= (double)count;
  return count;
}

static void read_walk(double *y, size_t count, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(y, sizeof *y, count, file) != count)
    core_fail("the walk cannot be read");
  (void)fclose(file);
}

/* The time and memory of the one call that writes. */
static void measure(const char *directory, charts_value *series) {
  charts_session *session = core_open();
  memory_forget_peak();
  double before = memory_mib("VmRSS");
  double start = clock_now();
  (void)core_chart(session, directory, series, false);
  double seconds = clock_now() - start;
  (void)printf("{\"seconds\":%.6f,\"peak_mib\":%.2f}\n", seconds, memory_mib("VmHWM") - before);
  charts_session_close(session);
}

static charts_value *many_series(const double *x, const double *y, size_t count, size_t series) {
  charts_value *list = charts_list();
  for (size_t k = 0; k < series; k++) {
    char name[32];
    double *higher = core_memory(count * sizeof *higher);
    for (size_t i = 0; i < count; i++)
      higher[i] = y[i] + 10 * (double)k;
    (void)snprintf(name, sizeof name, "walk-%zu", k);
    charts_list_add(list, core_series(name, core_rows(x, higher, count)));
  }
  return list;
}

static int write_rows(int count, char **words) {
  size_t rows = (size_t)strtod(words[3], NULL);
  double *x = core_memory(rows * sizeof *x), *y = core_memory(rows * sizeof *y);
  read_walk(y, rows, words[2]);
  for (size_t i = 0; i < rows; i++)
    x[i] = walk_x((double)i);
  measure(words[4], count > 5 ? many_series(x, y, rows, strtoul(words[5], NULL, 10))
                              : core_series("walk", core_rows(x, y, rows)));
  free(x);
  free(y);
  return 0;
}

static int write_steps(char **words) {
  steps of = {.left = strtod(words[2], NULL), .seed = 20060515};
  charts_value *series = core_series("walk", charts_reader(read_steps, &of));
  charts_record_set(series, "pointStart", charts_number(WALK_START));
  charts_record_set(series, "pointInterval", charts_number(WALK_STEP));
  measure(words[3], series);
  return 0;
}

int main(int count, char **words) {
  if (count >= 5 && strcmp(words[1], "rows") == 0)
    return write_rows(count, words);
  if (count == 4 && strcmp(words[1], "steps") == 0)
    return write_steps(words);
  core_fail("usage: write rows Y.f64 N DIRECTORY [SERIES] | write steps N DIRECTORY");
}
