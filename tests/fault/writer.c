/* One of many writers, or a reader, of a chart directory: see test_writers.py, which says what each call must leave.
 *
 *     writer write DIRECTORY WRITER CALLS      makes CALLS calls, prints {"calls":n,"longest":seconds}
 *     writer read DIRECTORY                    reads every series until its input ends, prints {"reads":n}
 */
#include <charts.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static charts_session *session;
static int64_t chart;

_Noreturn static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A call that must succeed, unless the error is `allowed`: then NULL. The result is the caller's. */
static charts_value *call(const char *verb, charts_value *arguments, charts_status allowed) {
  charts_error error;
  charts_value *result = NULL;
  charts_status status = charts_call(session, verb, arguments, &result, &error);
  charts_value_free(arguments);
  if (status != CHARTS_OK && status != allowed)
    fail(verb, error.message);
  return status == CHARTS_OK ? result : NULL;
}

static charts_value *on_chart(void) {
  charts_value *arguments = charts_record();
  charts_record_set(arguments, "chart", charts_handle(chart));
  return arguments;
}

static void begin(const char *directory) {
  charts_error error;
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_value *arguments = charts_record();
  if (charts_session_open(&session, &host, &error) != CHARTS_OK)
    fail("session", error.message);
  charts_record_set(arguments, "save", charts_text(directory));
  charts_value *result = call("plotasync", arguments, CHARTS_OK);
  chart = charts_value_handle(charts_value_get(result, "value"));
  charts_value_free(result);
}

/* ---- Writing ---- */

static charts_value *numbers(double first, double second, size_t count) {
  charts_value *list = charts_list();
  charts_list_add(list, charts_number(first));
  if (count > 1)
    charts_list_add(list, charts_number(second));
  return list;
}

/* A series of one row. */
static charts_value *series(const char *name, charts_value *row) {
  charts_value *of = charts_record();
  charts_value *data = charts_list();
  charts_list_add(data, row);
  charts_record_set(of, "name", charts_text(name));
  charts_record_set(of, "data", data);
  return of;
}

static void give(const char *verb, charts_value *first, charts_value *second) {
  charts_value *arguments = on_chart();
  charts_value *list = charts_list();
  charts_list_add(list, first);
  if (second)
    charts_list_add(list, second);
  charts_record_set(arguments, "series", list);
  charts_value_free(call(verb, arguments, CHARTS_OK));
}

static void give_one(const char *verb, int writer, const char *kind, double value) {
  char name[64];
  snprintf(name, sizeof name, "w%d-%s", writer, kind);
  give(verb, series(name, charts_number(value)), NULL);
}

static void write_call(int writer, int number) {
  char name[64];
  double x = writer;
  double y = number;
  switch (number % 10) {
  case 0:
    snprintf(name, sizeof name, "new%d", number / 50);
    give_one("plot", writer, name, y);
    break;
  case 1:
    give_one("plot", writer, "own", y);
    break;
  case 2:
    give("plot", series("shared", numbers(x, y, 2)), NULL);
    break;
  case 3:
    give_one("append", writer, "log", y);
    break;
  case 6:
    give("plot", series("pair-a", numbers(x, y, 2)), series("pair-b", numbers(x, y, 2)));
    break;
  case 7:
    give("append", series("all-b", numbers(x, y, 2)), series("all-c", numbers(x, y, 2)));
    break;
  case 8:
    give_one("plot", writer, "gone", y);
    snprintf(name, sizeof name, "w%d-gone", writer);
    charts_value *arguments = on_chart();
    charts_record_set(arguments, "name", charts_text(name));
    charts_value_free(call("remove", arguments, CHARTS_OK));
    break;
  case 9:
    if (number % 50 == 9) { /* a view is written */
      charts_value_free(call("url", on_chart(), CHARTS_OK));
      break;
    }
    /* fall through */
  default:
    give("append", series("all-a", numbers(x, y, 2)), NULL);
  }
}

static void write_all(int writer, int calls) {
  double longest = 0;
  for (int number = 0; number < calls; number++) {
    double began = seconds();
    write_call(writer, number);
    double took = seconds() - began;
    longest = took > longest ? took : longest;
  }
  printf("{\"calls\":%d,\"longest\":%.3f}\n", calls, longest);
}

/* ---- Reading ---- */

/* Each writer's points of a shared series come in the order in which it gave them, each once. */
static void check_order(const charts_value *read) {
  double last[64];
  const charts_value *data = charts_value_get(read, "data");
  const charts_column *x = charts_value_column(charts_value_at(data, 0));
  const charts_column *y = charts_value_column(charts_value_at(data, 1));
  for (size_t i = 0; i < 64; i++)
    last[i] = -1;
  for (size_t i = 0; x && y && i < x->count; i++) {
    double writer = charts_column_number(x, i);
    double number = charts_column_number(y, i);
    if (!(writer >= 0 && writer < 64) || !(number > last[(size_t)writer]))
      fail("read", "a shared series holds a point that is not the writer's next one");
    last[(size_t)writer] = number;
  }
}

static void read_all(void) {
  long reads = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  while (poll(&input, 1, 0) == 0) {
    charts_value *names = call("names", on_chart(), CHARTS_OK);
    const charts_value *list = charts_value_get(names, "value");
    for (size_t i = 0; i < charts_value_count(list); i++) {
      const char *name = charts_value_text(charts_value_at(list, i), NULL);
      charts_value *arguments = on_chart();
      charts_record_set(arguments, "name", charts_text(name));
      charts_value *result = call("read", arguments, CHARTS_NOT_FOUND); /* removed meanwhile */
      if (result && strncmp(name, "all-", 4) == 0)
        check_order(charts_value_get(result, "value"));
      charts_value_free(result);
      reads++;
    }
    charts_value_free(names);
  }
  printf("{\"reads\":%ld}\n", reads);
}

int main(int count, char **arguments) {
  if (count < 3 || (strcmp(arguments[1], "write") == 0 && count < 5))
    fail("usage", "writer write DIRECTORY WRITER CALLS | writer read DIRECTORY");
  begin(arguments[2]);
  if (strcmp(arguments[1], "write") == 0)
    write_all(atoi(arguments[3]), atoi(arguments[4]));
  else
    read_all();
  charts_session_close(session);
  return 0;
}
