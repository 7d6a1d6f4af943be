/* The text of a series is the same byte for byte whatever way its numbers came, and however many threads wrote it. */
#include "cmocka_all.h"

#include "seriesfile.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 40000 }; /* enough for several blocks on several threads */

static double x[POINTS];
static double y[POINTS];

static uint64_t seed = 1;

static double next_number(size_t place) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  double fraction = (double)(seed >> 11) / 9007199254740992.0;
  switch (place % 7) {
  case 0:
    return (double)(seed % 1000) / 100;
  case 1:
    return (double)(seed % 100000);
  case 2:
    return ldexp(fraction, (int)(seed % 600) - 300);
  case 3:
    return place % 5 == 0 ? (double)NAN : -fraction;
  case 4:
    return place % 5 == 0 ? -0.0 : 1e21 * fraction;
  default:
    return fraction * 1000;
  }
}

static void make_numbers(void) {
  for (size_t i = 0; i < POINTS; i++) {
    x[i] = 1147651200000.0 + 1000.0 * (double)i;
    y[i] = next_number(i);
  }
}

static charts_status keep(void *context, const char *bytes, size_t length, charts_error *error) {
  buffer *to = context;
  buffer_add(to, bytes, length);
  return to->failed ? error_memory(error) : CHARTS_OK;
}

/* The text of a series that `data` is of. */
static charts_status text_of(buffer *text, charts_value *data, charts_error *error) {
  series_list list;
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text("A"));
  charts_record_set(record, "data", data);
  charts_status status = series_read(&list, record, &(series_request){0}, NULL, error);
  if (status == CHARTS_OK) {
    pyramid_state state;
    series_output output = {.write = keep, .context = text};
    status = seriesfile_write(&list.items[0], true, 0, &output, &state, error);
    if (status == CHARTS_OK) {
      assert_int_equal(state.data_end + 2, text->length);
      assert_int_equal(text->bytes[state.data_start], '[');
      assert_true(state.tail <= state.data_end);
    }
    series_list_free(&list);
  }
  charts_value_free(record);
  return status;
}

static buffer text_or_fail(charts_value *data) {
  buffer text = {0};
  charts_error error = {0};
  if (text_of(&text, data, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  return text;
}

/* What the format says, number by number. */
static buffer expected(size_t count, bool only_y) {
  buffer text = {0};
  buffer_add_text(&text, "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[");
  for (size_t i = 0; i < count; i++) {
    buffer_add_text(&text, i > 0 ? "," : "");
    if (!only_y) {
      buffer_add_char(&text, '[');
      json_write_number(&text, x[i]);
      buffer_add_char(&text, ',');
    }
    json_write_number(&text, y[i]);
    buffer_add_text(&text, only_y ? "" : "]");
  }
  buffer_add_text(&text, "]}");
  return text;
}

static charts_value *columns(size_t count) {
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, charts_column_of(x, count));
  charts_frame_add(frame, NULL, charts_column_of(y, count));
  return frame;
}

static charts_value *rows(size_t count) {
  charts_value *list = charts_list();
  for (size_t i = 0; i < count; i++) {
    charts_value *row = charts_list();
    charts_list_add(row, charts_number(x[i]));
    charts_list_add(row, isnan(y[i]) ? charts_null() : charts_number(y[i]));
    charts_list_add(list, row);
  }
  return list;
}

static size_t served;
static size_t to_serve;
static size_t serving;

/* A host's function that gives as many numbers at a time as `serving` says. */
static size_t serve(void *context, double *block, size_t room) {
  size_t count = to_serve - served;
  (void)context;
  count = count < serving ? count : serving;
  count = count < room ? count : room;
  memcpy(block, y + served, count * sizeof *block);
  served += count;
  return count;
}

static void assert_same(buffer *text, const buffer *wanted) {
  assert_int_equal(text->length, wanted->length);
  assert_memory_equal(text->bytes, wanted->bytes, wanted->length);
  buffer_free(text);
}

static void all_ways_write_the_same(void **state) {
  (void)state;
  static const size_t counts[] = {0, 1, 31, 32, 33, 4095, 4096, 4097, 16384, 20000, POINTS};
  make_numbers();
  for (size_t i = 1; i < sizeof counts / sizeof counts[0]; i++) {
    buffer pairs = expected(counts[i], false);
    buffer bare = expected(counts[i], true);
    buffer text = text_or_fail(columns(counts[i]));
    assert_same(&text, &pairs);
    text = text_or_fail(rows(counts[i]));
    assert_same(&text, &pairs);
    text = text_or_fail(charts_column_of(y, counts[i]));
    assert_same(&text, &bare);
    static const size_t portions[] = {1, 7, 1000, 100000};
    for (size_t j = counts[i] > 5000 ? 1 : 0; j < 4; j++) {
      served = 0;
      to_serve = counts[i];
      serving = portions[j];
      text = text_or_fail(charts_reader(serve, NULL));
      assert_same(&text, &bare);
    }
    buffer_free(&pairs);
    buffer_free(&bare);
  }
}

static void one_processor_writes_the_same(void **state) {
  (void)state;
  cpu_set_t before;
  cpu_set_t one;
  make_numbers();
  buffer wanted = expected(POINTS, false);
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
    if (CPU_ISSET(i, &before))
      CPU_SET(i, &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  buffer text = text_or_fail(columns(POINTS));
  assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
  assert_same(&text, &wanted);
  buffer_free(&wanted);
}

/* Packed structures, backwards, other types, missing values: a column is read where it lies. */
static void columns_are_read_in_place(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  typedef struct packed {
    int32_t number;
    double x;
    double y;
  } packed;
  packed *memory = malloc(COUNT * sizeof *memory);
  for (size_t i = 0; i < COUNT; i++) {
    x[i] = (double)i;
    y[i] = i % 11 == 0 ? (double)NAN : (double)(i % 100);
    memory[COUNT - 1 - i] = (packed){i % 11 == 0 ? INT32_MIN : (int32_t)(i % 100), (double)i, (double)i};
  }
  charts_column backwards = {.memory = &memory[COUNT - 1].x, .count = COUNT, .stride = -(ptrdiff_t)sizeof *memory};
  charts_column whole = backwards;
  whole.memory = &memory[COUNT - 1].number;
  whole.type = CHARTS_INT32;
  whole.has_missing = true;
  whole.missing = INT32_MIN;
  charts_value *frame = charts_frame();
  charts_frame_add(frame, NULL, charts_column_new(&backwards));
  charts_frame_add(frame, NULL, charts_column_new(&whole));
  buffer wanted = expected(COUNT, false);
  buffer text = text_or_fail(frame);
  assert_same(&text, &wanted);
  buffer_free(&wanted);
  free(memory);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  make_numbers();
  charts_status status = CHARTS_MEMORY;
  for (long successes = 0; status != CHARTS_OK; successes++) {
    buffer text = {0};
    charts_error error;
    memory_fail_after(successes, true);
    status = text_of(&text, columns(20000), &error);
    memory_fail_after(-1, false);
    assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
    buffer_free(&text);
  }
}

static charts_status refuse(void *context, const char *bytes, size_t length, charts_error *error) {
  int *calls = context;
  (void)bytes;
  (void)length;
  return ++*calls > 3 ? error_set(error, CHARTS_IO, "full") : CHARTS_OK;
}

static void a_full_disk_ends_the_writing(void **state) {
  (void)state;
  int calls = 0;
  series_list list;
  charts_error error;
  pyramid_state made;
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text("A"));
  charts_record_set(record, "data", columns(POINTS));
  assert_int_equal(series_read(&list, record, &(series_request){0}, NULL, &error), CHARTS_OK);
  series_output output = {.write = refuse, .context = &calls};
  assert_int_equal(seriesfile_write(&list.items[0], true, 0, &output, &made, &error), CHARTS_IO);
  assert_int_equal(calls, 4);
  series_list_free(&list);
  charts_value_free(record);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ways_write_the_same),      cmocka_unit_test(one_processor_writes_the_same),
      cmocka_unit_test(columns_are_read_in_place),    cmocka_unit_test(memory_may_end_anywhere),
      cmocka_unit_test(a_full_disk_ends_the_writing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
