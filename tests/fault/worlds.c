/* What the operations find: chart directories `d`, made by the core itself. */
#include "operations.h"
#include "points.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool operations_long;

enum { POINTS = 20000, BEFORE = 9000, POINTS_LONG = 100000 };

static double xs[POINTS_LONG];
static double ys[POINTS_LONG];

size_t points_count(void) {
  return operations_long ? POINTS_LONG : POINTS;
}

size_t points_before(void) {
  return operations_long ? POINTS_LONG : BEFORE;
}

static void give_up(const char *what) {
  (void)fprintf(stderr, "%s\n", what);
  _exit(2);
}

char *text_copy(const char *text, size_t length) {
  char *copy = malloc(length + 1);
  if (copy == NULL)
    give_up("malloc");
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

/* A walk with gaps and spikes, a tenth of a second apart. */
void points_make(void) {
  static bool made;
  for (size_t i = 0; i < POINTS_LONG && !made; i++) {
    double step = (double)((i * 7919 + i / 13) % 1000) / 500 - 1;
    xs[i] = (double)i / 10;
    ys[i] = (i > 0 && ys[i - 1] == ys[i - 1] ? ys[i - 1] : 0) + step + (i % 997 == 0 ? 100 : i % 997 == 1 ? -100 : 0);
    if (i % 1013 == 7)
      ys[i] = (double)NAN;
  }
  made = true;
}

charts_value *points_frame(size_t from, size_t count) {
  points_make();
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, charts_column_of(xs + from, count));
  charts_frame_add(frame, NULL, charts_column_of(ys + from, count));
  return frame;
}

/* ---- Worlds ---- */

static charts_session *session_new(void) {
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_error error;
  charts_session *session = NULL;
  if (charts_session_open(&session, &host, &error) != CHARTS_OK)
    give_up(error.message);
  return session;
}

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error;
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    give_up(error.message);
  return value;
}

static int64_t call(charts_session *session, const char *verb, charts_value *arguments) {
  charts_value *result = NULL;
  charts_error error;
  if (charts_call(session, verb, arguments, &result, &error) != CHARTS_OK)
    give_up(error.message);
  int64_t chart = charts_value_handle(charts_value_get(result, "value"));
  charts_value_free(result);
  charts_value_free(arguments);
  return chart;
}

void world_nothing(void) {
}

void world_small(void) {
  charts_session *session = session_new();
  int64_t chart =
      call(session, "plotasync",
           parsed("{\"save\":\"d\",\"options\":{\"title\":{\"text\":\"old\"}},\"series\":["
                  "{\"name\":\"alpha\",\"data\":[[1,2],[2,5],[3,9]]},{\"name\":\"beta\",\"data\":[1,2,4,9],"
                  "\"color\":\"red\"},{\"name\":\"gamma\",\"data\":[[\"one\",1],[\"two\",2]]},"
                  "{\"name\":\"delta\",\"data\":[{\"x\":1,\"y\":2,\"name\":\"p\"},null,{\"x\":3,\"y\":4}]}]}"));
  charts_value *arguments = parsed("{\"show\":\"none\"}");
  charts_record_set(arguments, "chart", charts_handle(chart));
  (void)call(session, "show", arguments);
  charts_session_close(session);
  (void)mkdir("d/.charts/settings", 0700);
  world_write("d/.charts/settings/looks.json", "{\"title\":{\"text\":\"saved\"}}");
}

void world_big(void) {
  static const char *const names[] = {"large", "larger"};
  charts_session *session = session_new();
  world_small();
  for (size_t i = 0; i < 2; i++) {
    charts_value *arguments = parsed("{\"save\":\"d\"}");
    charts_value *record = charts_record();
    charts_record_set(record, "name", charts_text(names[i]));
    charts_record_set(record, "data", points_frame(0, points_before()));
    charts_record_set(arguments, "series", record);
    (void)call(session, "plotasync", arguments);
  }
  charts_session_close(session);
}

/* Without pyramids, as other programs leave their files. */
void world_unindexed(void) {
  world_big();
  (void)unlink("d/.charts/pyramid/large.json.pyramid");
  (void)unlink("d/.charts/pyramid/larger.json.pyramid");
}

void world_foreign(void) {
  world_small();
  world_write("d/alien.json", "{ \"data\" : [ [1, 2],\n [2, 3] ], \"color\" : \"blue\" }\n");
  world_write("d/broken.json", "{\"name\":\"broken\",\"data\":[");
}
