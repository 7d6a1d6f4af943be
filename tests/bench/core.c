#include "core.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void core_fail(const char *what) {
  (void)fprintf(stderr, "%s\n", what);
  exit(1);
}

void *core_memory(size_t bytes) {
  void *memory = malloc(bytes);
  if (!memory)
    core_fail("out of memory");
  return memory;
}

charts_session *core_open(void) {
  charts_error error;
  charts_session *session = NULL;
  charts_host host = {.size = sizeof host, .language = "C"};
  if (charts_session_open(&session, &host, &error) != CHARTS_OK)
    core_fail(error.message);
  return session;
}

charts_value *core_call(charts_session *session, const char *verb, charts_value *arguments) {
  charts_error error;
  charts_value *result = NULL;
  charts_status status = charts_call(session, verb, arguments, &result, &error);
  charts_value_free(arguments);
  if (status != CHARTS_OK)
    core_fail(error.message);
  return result;
}

int64_t core_chart(charts_session *session, const char *directory, charts_value *first, bool live) {
  charts_value *arguments = charts_record();
  if (first)
    charts_record_set(arguments, "series", first);
  charts_record_set(arguments, "save", charts_text(directory));
  charts_record_set(arguments, "show", charts_text("none"));
  charts_record_set(arguments, "live", charts_boolean(live));
  charts_record_set(arguments, "display", charts_boolean(true)); /* else only the first of many series are shown */
  charts_value *result = core_call(session, "plotasync", arguments);
  int64_t chart = charts_value_handle(charts_value_get(result, "value"));
  charts_value_free(result);
  return chart;
}

charts_value *core_rows(const double *x, const double *y, size_t count) {
  charts_value *rows = charts_frame();
  charts_frame_add(rows, NULL, charts_column_of(x, count));
  charts_frame_add(rows, NULL, charts_column_of(y, count));
  return rows;
}

charts_value *core_series(const char *name, charts_value *data) {
  charts_value *series = charts_record();
  charts_record_set(series, "name", charts_text(name));
  charts_record_set(series, "time", charts_text("ms"));
  charts_record_set(series, "data", data);
  return series;
}
