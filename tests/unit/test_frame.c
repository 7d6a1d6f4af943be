/* Windows as bytes: core/FORMAT.md, section 5. */
#include "cmocka_all.h"

#include "frame.h"
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t u32_at(const char *bytes) {
  const unsigned char *at = (const unsigned char *)bytes;
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Takes a frame apart as a reader of the format does; the header is the caller's. */
static charts_value *open_frame(const buffer *frame, const char **payload, size_t *payload_length) {
  assert_false(frame->failed);
  assert_true(frame->length >= 12);
  assert_memory_equal(frame->bytes, "CHARTSF1", 8);
  uint32_t length = u32_at(frame->bytes + 8);
  assert_int_equal((12 + length) % 8, 0);
  assert_true(12 + length <= frame->length);
  charts_value *header = NULL;
  charts_error error = {0};
  assert_int_equal(charts_value_parse(&header, frame->bytes + 12, length, &error), CHARTS_OK);
  *payload = frame->bytes + 12 + length;
  *payload_length = frame->length - 12 - length;
  return header;
}

static const charts_value *column_of(const charts_value *header, size_t place, size_t column) {
  const charts_value *list = charts_value_get(charts_value_at(charts_value_get(header, "series"), place), "columns");
  return charts_value_at(list, column);
}

static size_t number_of(const charts_value *record, const char *key) {
  assert_int_equal(charts_value_kind(charts_value_get(record, key)), CHARTS_NUMBER);
  return (size_t)charts_value_number(charts_value_get(record, key));
}

static const char *text_of(const charts_value *record, const char *key) {
  return charts_value_text(charts_value_get(record, key), NULL);
}

/* The header without its padding. */
static void assert_header(const buffer *frame, const char *expected) {
  size_t length = strlen(expected);
  assert_true(u32_at(frame->bytes + 8) >= length);
  assert_memory_equal(frame->bytes + 12, expected, length);
  for (size_t i = length; i < u32_at(frame->bytes + 8); i++)
    assert_int_equal(frame->bytes[12 + i], ' ');
}

static void numbers_stand_where_the_header_says(void **state) {
  (void)state;
  double x[] = {0, 1, 2};
  double y[] = {5, NAN, -0.5};
  window answer = {.kind = SERIES_XY,
                   .sorted = true,
                   .count = 1000000,
                   .has_x = true,
                   .has_y = true,
                   .x = {0, 9},
                   .y = {-0.5, 5},
                   .columns = {{"x", x, NULL, 3}, {"y", y, NULL, 3}},
                   .column_count = 2,
                   .stamp = "s1"};
  buffer frame = {0};
  frame_write(&frame, &(frame_series){.file = "AAPL.json", .answer = &answer}, 1);
  assert_header(
      &frame, "{\"series\":[{\"file\":\"AAPL.json\",\"stamp\":\"s1\",\"kind\":\"xy\",\"raw\":false,\"sorted\":true,"
              "\"count\":1000000,\"extent\":{\"x\":[0,9],\"y\":[-0.5,5]},\"columns\":[{\"role\":\"x\",\"type\":\"f64\","
              "\"offset\":0,\"count\":3},{\"role\":\"y\",\"type\":\"f64\",\"offset\":24,\"count\":3}]}]}");
  const char *payload = NULL;
  size_t length = 0;
  charts_value *header = open_frame(&frame, &payload, &length);
  assert_int_equal(length, 48);
  assert_memory_equal(payload, x, sizeof x);
  double back[3];
  memcpy(back, payload + 24, sizeof back);
  assert_true(back[0] == 5 && isnan(back[1]) && back[2] == -0.5);
  charts_value_free(header);
  buffer_free(&frame);
}

static void texts_are_offsets_and_bytes(void **state) {
  (void)state;
  double x[] = {0, 1, 2};
  char one[] = "a";
  char other[] = "\xC3\xA4<b>";
  char *labels[] = {one, NULL, other};
  window answer = {.kind = SERIES_NAMED,
                   .raw = true,
                   .sorted = true,
                   .count = 3,
                   .columns = {{"x", x, NULL, 3}, {"label", NULL, labels, 3}, {"y", x, NULL, 3}},
                   .column_count = 3};
  buffer frame = {0};
  frame_write(&frame, &(frame_series){.file = "p.json", .answer = &answer}, 1);
  const char *payload = NULL;
  size_t length = 0;
  charts_value *header = open_frame(&frame, &payload, &length);
  const charts_value *label = column_of(header, 0, 1);
  assert_string_equal(text_of(label, "role"), "label");
  assert_string_equal(text_of(label, "type"), "text");
  assert_int_equal(number_of(label, "count"), 3);
  const char *at = payload + number_of(label, "offset");
  assert_int_equal((at - payload) % 8, 0);
  assert_int_equal(u32_at(at), 0);
  assert_int_equal(u32_at(at + 4), 1);
  assert_int_equal(u32_at(at + 8), 1);
  assert_int_equal(u32_at(at + 12), 6);
  assert_memory_equal(at + 16, "a\xC3\xA4<b>", 6);
  size_t next = number_of(column_of(header, 0, 2), "offset");
  assert_int_equal(next, 24 + 24);
  assert_int_equal(length, next + 24);
  assert_memory_equal(payload + next, x, sizeof x);
  charts_value_free(header);
  buffer_free(&frame);
}

static void errors_stand_in_the_order_of_the_request(void **state) {
  (void)state;
  double x[] = {1};
  window answer = {.kind = SERIES_Y, .raw = true, .columns = {{"x", x, NULL, 1}, {"y", x, NULL, 1}}, .column_count = 2};
  window empty = {.kind = SERIES_EMPTY, .raw = true, .sorted = true};
  const frame_series items[] = {
      {"gone \"1\".json", NULL, "there is no \"x\""}, {"a.json", &answer, NULL}, {"e.json", &empty, NULL}};
  buffer frame = {0};
  frame_write(&frame, items, 3);
  const char *payload = NULL;
  size_t length = 0;
  charts_value *header = open_frame(&frame, &payload, &length);
  const charts_value *list = charts_value_get(header, "series");
  assert_int_equal(charts_value_count(list), 3);
  assert_string_equal(text_of(charts_value_at(list, 0), "file"), "gone \"1\".json");
  assert_string_equal(text_of(charts_value_at(list, 0), "error"), "there is no \"x\"");
  assert_null(charts_value_get(charts_value_at(list, 0), "columns"));
  const charts_value *extent = charts_value_get(charts_value_at(list, 1), "extent");
  assert_int_equal(charts_value_kind(charts_value_get(extent, "x")), CHARTS_NULL);
  assert_false(charts_value_boolean(charts_value_get(charts_value_at(list, 1), "sorted")));
  assert_string_equal(text_of(charts_value_at(list, 2), "kind"), "empty");
  assert_int_equal(charts_value_count(charts_value_get(charts_value_at(list, 2), "columns")), 0);
  assert_int_equal(length, 16);
  charts_value_free(header);
  buffer_free(&frame);
}

/* Whatever the header's length, the payload begins at a multiple of eight. */
static void the_payload_is_always_aligned(void **state) {
  (void)state;
  double x[] = {1, 2};
  window answer = {.kind = SERIES_Y, .columns = {{"x", x, NULL, 2}}, .column_count = 1};
  char file[32] = "";
  for (size_t i = 0; i < 20; i++) {
    file[i] = 'f';
    buffer frame = {0};
    frame_write(&frame, &(frame_series){.file = file, .answer = &answer}, 1);
    const char *payload = NULL;
    size_t length = 0;
    charts_value *header = open_frame(&frame, &payload, &length);
    assert_int_equal((payload - frame.bytes) % 8, 0);
    assert_int_equal(length, sizeof x);
    assert_memory_equal(payload, x, sizeof x);
    charts_value_free(header);
    buffer_free(&frame);
  }
}

static void no_series_is_an_empty_frame(void **state) {
  (void)state;
  buffer frame = {0};
  frame_write(&frame, NULL, 0);
  const char *payload = NULL;
  size_t length = 1;
  charts_value *header = open_frame(&frame, &payload, &length);
  assert_int_equal(length, 0);
  assert_int_equal(charts_value_count(charts_value_get(header, "series")), 0);
  charts_value_free(header);
  buffer_free(&frame);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  double x[] = {1, 2};
  window answer = {.kind = SERIES_Y, .columns = {{"x", x, NULL, 2}}, .column_count = 1};
  bool whole = false;
  for (long successes = 0; !whole; successes++) {
    buffer frame = {0};
    memory_fail_after(successes, false);
    frame_write(&frame, &(frame_series){.file = "a.json", .answer = &answer}, 1);
    memory_fail_after(-1, false);
    whole = !frame.failed;
    buffer_free(&frame);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_stand_where_the_header_says),
      cmocka_unit_test(texts_are_offsets_and_bytes),
      cmocka_unit_test(errors_stand_in_the_order_of_the_request),
      cmocka_unit_test(the_payload_is_always_aligned),
      cmocka_unit_test(no_series_is_an_empty_frame),
      cmocka_unit_test(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
