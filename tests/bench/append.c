/* Appending, by the library alone.
 *
 *     append cost ROUNDS N DIRECTORY [N DIRECTORY …]   blocks of 1000 rows to each series in turn (they hold N rows;
 * short ones begin anew, so that they stay short) append sustained SECONDS BYTES DIRECTORY         blocks of 1000 rows
 * without pause; a new series after BYTES append live DIRECTORY                            10 rows for every line of
 * standard input
 *
 * Each prints records, one a line; {"skipped":"…"} when the library has no verb `append`. `live` then replaces the
 * whole series instead.
 */
#include "clock.h"
#include "core.h"
#include "memory.h"
#include "statistics.h"
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1000, LIVE_BLOCK = 10, MOST_SERIES = 8, SHORT = 10 * BLOCK };

/* A series that grows. */
typedef struct growing {
  charts_session *session;
  const char *directory;
  const char *name;
  int64_t chart;
  double rows;
  uint64_t seed;
  double x[BLOCK], y[BLOCK];
} growing;

static void fill(growing *of, size_t count) {
  double level = of->y[BLOCK - 1];
  for (size_t i = 0; i < count; i++) {
    of->x[i] = walk_x(of->rows + (double)i);
    of->y[i] = level += walk_random(&of->seed) - 0.5;
  }
  of->y[BLOCK - 1] = level;
}

static charts_value *call_of(const growing *of, charts_value *data) {
  charts_value *arguments = charts_record();
  charts_record_set(arguments, "chart", charts_handle(of->chart));
  charts_record_set(arguments, "series", data);
  charts_record_set(arguments, "name", charts_text(of->name));
  return arguments;
}

/* Appends `count` rows; the seconds that the call took. */
static double append(growing *of, size_t count) {
  fill(of, count);
  double start = clock_now();
  charts_value_free(core_call(of->session, "append", call_of(of, core_rows(of->x, of->y, count))));
  double seconds = clock_now() - start;
  of->rows += (double)count;
  return seconds;
}

/* Puts a series of one block under the name, in place of what there was. */
static void begin(growing *of) {
  of->rows = 0;
  fill(of, BLOCK);
  charts_value *arguments = charts_record();
  charts_record_set(arguments, "chart", charts_handle(of->chart));
  charts_record_set(arguments, "series", core_series(of->name, core_rows(of->x, of->y, BLOCK)));
  charts_value_free(core_call(of->session, "plot", arguments));
  of->rows = BLOCK;
}

static growing *grow(charts_session *session, const char *directory, const char *name, double rows) {
  growing *of = core_memory(sizeof *of);
  *of = (growing){.session = session, .directory = directory, .name = name, .rows = rows, .seed = 20060515};
  of->chart = core_chart(session, directory, NULL, true);
  return of;
}

static double size_of(const growing *of) {
  char path[4096];
  struct stat status;
  (void)snprintf(path, sizeof path, "%s/%s.json", of->directory, of->name);
  return stat(path, &status) == 0 ? (double)status.st_size : 0;
}

/* ---- cost ---- */

static int run_cost(charts_session *session, int count, char **words) {
  size_t rounds = strtoul(words[2], NULL, 10), many = (size_t)(count - 3) / 2;
  growing *series[MOST_SERIES];
  double *times[MOST_SERIES], begins[MOST_SERIES];
  if (many == 0 || many > MOST_SERIES || rounds == 0)
    core_fail("append cost: rounds, and one to eight series");
  for (size_t k = 0; k < many; k++) {
    begins[k] = strtod(words[3 + 2 * k], NULL);
    series[k] = grow(session, words[4 + 2 * k], "walk", begins[k]);
    times[k] = core_memory(rounds * sizeof *times[k]);
    for (int i = 0; i < 3; i++)
      (void)append(series[k], BLOCK);
  }
  for (size_t i = 0; i < rounds; i++)
    for (size_t k = 0; k < many; k++) {
      if (begins[k] <= BLOCK && series[k]->rows >= SHORT)
        begin(series[k]);
      times[k][i] = append(series[k], BLOCK);
    }
  for (size_t k = 0; k < many; k++) {
    statistics_sort(times[k], rounds);
    (void)printf("{\"n\":%s,\"p50\":%.9f,\"p95\":%.9f}\n", words[3 + 2 * k], statistics_at(times[k], rounds, 0.5),
                 statistics_at(times[k], rounds, 0.95));
    free(times[k]);
    free(series[k]);
  }
  return 0;
}

/* ---- sustained ---- */

static int run_sustained(charts_session *session, char **words) {
  double seconds = strtod(words[2], NULL), most_bytes = strtod(words[3], NULL);
  growing *of = grow(session, words[4], "sustained", 0);
  begin(of);
  for (int i = 0; i < 100; i++) /* what is taken once and kept is no growth */
    (void)append(of, BLOCK);
  double memory = memory_mib("VmRSS"), start = clock_now(), elapsed = 0, points = 0;
  int files = 1;
  for (size_t i = 1; elapsed < seconds; i++) {
    (void)append(of, BLOCK);
    points += BLOCK;
    if (i % 1000 == 0 && size_of(of) > most_bytes) {
      begin(of);
      files++;
    }
    elapsed = clock_now() - start;
  }
  (void)printf("{\"seconds\":%.3f,\"points\":%.0f,\"files\":%d,\"start_mib\":%.2f,\"end_mib\":%.2f}\n", elapsed, points,
               files, memory, memory_mib("VmRSS"));
  free(of);
  return 0;
}

/* ---- live ---- */

/* Without the verb `append`: the whole series anew, a little further. */
static void replace(growing *of) {
  of->rows += LIVE_BLOCK - BLOCK;
  fill(of, BLOCK);
  charts_value *arguments = charts_record();
  charts_record_set(arguments, "chart", charts_handle(of->chart));
  charts_record_set(arguments, "series", core_series(of->name, core_rows(of->x, of->y, BLOCK)));
  charts_value_free(core_call(of->session, "plot", arguments));
  of->rows += BLOCK;
}

static int run_live(charts_session *session, char **words, bool can_append) {
  char line[64];
  growing *of = grow(session, words[2], "live", 0);
  begin(of);
  (void)printf("{\"how\":\"%s\"}\n", can_append ? "append" : "replace");
  (void)fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    if (can_append)
      (void)append(of, LIVE_BLOCK);
    else
      replace(of);
    (void)printf("{\"at\":%.3f,\"x\":%.0f}\n", 1000 * clock_read(CLOCK_REALTIME), walk_x(of->rows - 1));
    (void)fflush(stdout);
  }
  free(of);
  return 0;
}

int main(int count, char **words) {
  bool can_append = charts_verb_arguments("append") != NULL;
  const char *what = count > 2 ? words[1] : "";
  bool live = strcmp(what, "live") == 0, cost = strcmp(what, "cost") == 0 && count > 4 && count % 2 == 1;
  if (!live && !cost && !(strcmp(what, "sustained") == 0 && count == 5))
    core_fail(
        "usage: append cost ROUNDS N DIRECTORY … | append sustained SECONDS BYTES DIRECTORY | append live DIRECTORY");
  if (!live && !can_append) {
    (void)puts("{\"skipped\":\"the library has no verb append\"}");
    return 0;
  }
  charts_session *session = core_open();
  int status = live   ? run_live(session, words, can_append)
               : cost ? run_cost(session, count, words)
                      : run_sustained(session, words);
  charts_session_close(session);
  return status;
}
