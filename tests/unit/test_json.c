/* The JSON scanner and writer. */
#include "cmocka_all.h"

#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text given in chunks ---- */

typedef struct chunks {
  const char *bytes;
  size_t length;
  size_t at;
  size_t most;
} chunks;

static charts_status give(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  chunks *from = context;
  (void)error;
  size_t count = from->length - from->at;
  count = count < from->most ? count : from->most;
  count = count < room ? count : room;
  memcpy(bytes, from->bytes + from->at, count);
  from->at += count;
  *length = count;
  return CHARTS_OK;
}

static charts_status refuse(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  (void)context;
  (void)bytes;
  (void)room;
  (void)length;
  return error_set(error, CHARTS_IO, "the disk is gone");
}

/* Writes down every token: kinds, texts, numbers. */
static charts_status tokens(json_scanner *scanner, buffer *to, charts_error *error) {
  static const char *const marks[] = {"$", "n", "t", "f", "#", "\"", ":", "[", "]", "{", "}"};
  assert_non_null(scanner);
  uint64_t before = 0;
  for (;;) {
    json_token token;
    charts_status status = json_next(scanner, &token, error);
    if (status != CHARTS_OK)
      return status;
    assert_true(token.start >= before && token.end >= token.start);
    before = token.start;
    buffer_add_text(to, marks[token.kind]);
    if (token.kind == JSON_TEXT || token.kind == JSON_KEY) {
      assert_int_equal(token.text[token.length], '\0');
      buffer_add(to, token.text, token.length);
    }
    if (token.kind == JSON_NUMBER)
      buffer_add_format(to, "%.17g", token.number);
    buffer_add_char(to, '@');
    buffer_add_format(to, "%d-%d ", (int)token.start, (int)token.end);
    if (token.kind == JSON_END)
      return CHARTS_OK;
  }
}

/* Scans whole, and in chunks of every small size: status, tokens and message are the same. */
static charts_status scan(const char *text, size_t length, bool lenient, buffer *to, charts_error *error) {
  json_scanner *scanner = json_scan_text(text, length, lenient);
  charts_status status = tokens(scanner, to, error);
  json_scanner_free(scanner);
  for (size_t most = 1; most <= 7; most++) {
    buffer again = {0};
    charts_error other = {0};
    chunks from = {text, length, 0, most};
    scanner = json_scan_refill(give, &from, lenient);
    assert_int_equal(tokens(scanner, &again, &other), status);
    json_scanner_free(scanner);
    if (status != CHARTS_OK)
      assert_string_equal(other.message, error->message);
    if (to->bytes != NULL)
      assert_string_equal(again.bytes, to->bytes);
    buffer_free(&again);
  }
  return status;
}

static void assert_tokens(const char *text, bool lenient, const char *expected) {
  buffer found = {0};
  charts_error error = {0};
  if (scan(text, strlen(text), lenient, &found, &error) != CHARTS_OK)
    fail_msg("%s: %s", text, error.message);
  assert_string_equal(found.bytes, expected);
  buffer_free(&found);
}

static void well_formed_text_gives_its_tokens(void **state) {
  (void)state;
  assert_tokens("null", false, "n@0-4 $@4-4 ");
  assert_tokens(" [ ] ", false, "[@1-2 ]@3-4 $@5-5 ");
  assert_tokens(
      "{\"a\":[1,-2.5e1,true,false],\"b\":{}}", false,
      "{@0-1 :a@1-5 [@5-6 #1@6-7 #-25@8-14 t@15-19 f@20-25 ]@25-26 :b@27-31 {@31-32 }@32-33 }@33-34 $@34-34 ");
  assert_tokens("\"x\\n\\\"\\\\\\/\\b\\f\\r\\t\\u0041\\u00e4\\u20AC\\ud83d\\udcc8\"", false,
                "\"x\n\"\\/\b\f\r\tA\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\x88@0-49 $@49-49 ");
  assert_tokens("[[],[[]],\n\t\r 0.5]", false, "[@0-1 [@1-2 ]@2-3 [@4-5 [@5-6 ]@6-7 ]@7-8 #0.5@13-16 ]@16-17 $@17-17 ");
  assert_tokens("12", false, "#12@0-2 $@2-2 ");
}

static void lenient_text_may_hold_what_series_files_hold(void **state) {
  (void)state;
  assert_tokens("\xEF\xBB\xBF[NaN,Infinity,-Infinity,-1]", true,
                "[@3-4 #nan@4-7 #inf@8-16 #-inf@17-26 #-1@27-29 ]@29-30 $@30-30 ");
}

static void malformed_text_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      " ",
      "[",
      "{",
      "]",
      "}",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "{'a':1}",
      "{1:1}",
      "{\"a\" 1}",
      "{\"a\":1 \"b\":2}",
      "[1]]",
      "1 2",
      "nul",
      "nulll",
      "True",
      "truefalse",
      "+1",
      "01",
      "-",
      "1.",
      ".5",
      "1e",
      "1e+",
      "0x1",
      "--1",
      "1-2",
      "NaN",
      "Infinity",
      "-Infinity",
      "\"",
      "\"a",
      "\"\\",
      "\"\\x\"",
      "\"\\u12\"",
      "{\"a\\u0000b\":1}",
      "\"\\u12g4\"",
      "\"\\ud800\"",
      "\"\\udc00\"",
      "\"\\ud800\\u0041\"",
      "\"\n\"",
      "\"\t\"",
      "\"\x01\"",
      "\"\xFF\"",
      "\"\xC0\x80\"",
      "\"\xED\xA0\x80\"",
      "\"\xF5\x80\x80\x80\"",
      "\"\xE2\x82\"",
      "[1}",
      "{\"a\":1]",
      "\xEF\xBB\xBF[]",
      "/*a*/1",
      "[1,//\n2]",
      "'a'",
      "undefined",
      "[\"a\":1]",
      "{\"a\",1}",
      "{,}",
      "{\"a\":1,,\"b\":2}",
      "[1,,2]",
      "\x00",
      "1,",
      "null,",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    buffer found = {0};
    charts_error error = {0};
    if (scan(texts[i], strlen(texts[i]), false, &found, &error) != CHARTS_FORMAT)
      fail_msg("accepted: %s", texts[i]);
    assert_non_null(strstr(error.message, "line "));
    assert_non_null(strstr(error.message, "expected "));
    buffer_free(&found);
  }
  buffer found = {0};
  charts_error error = {0};
  assert_int_equal(scan("[1,\0]", 5, false, &found, &error), CHARTS_FORMAT);
  buffer_free(&found);
}

static void errors_name_line_and_column(void **state) {
  (void)state;
  buffer found = {0};
  charts_error error = {0};
  const char *text = "{\n \"a\": [1,\r\n   oops]\n}";
  assert_int_equal(scan(text, strlen(text), false, &found, &error), CHARTS_FORMAT);
  assert_string_equal(error.message, "line 3, column 4: expected a JSON value");
  buffer_free(&found);
}

static void nest(buffer *to, int depth, bool records) {
  for (int i = 0; i < depth; i++)
    buffer_add_text(to, records ? "{\"a\":" : "[");
  buffer_add_text(to, records ? "1" : "");
  for (int i = 0; i < depth; i++)
    buffer_add_text(to, records ? "}" : "]");
}

static void depth_ends_at_64(void **state) {
  (void)state;
  for (int records = 0; records < 2; records++) {
    for (int depth = 63; depth <= 65; depth++) {
      buffer text = {0};
      buffer found = {0};
      charts_error error = {0};
      nest(&text, depth, records != 0);
      assert_int_equal(scan(text.bytes, text.length, false, &found, &error), depth <= 64 ? CHARTS_OK : CHARTS_FORMAT);
      buffer_free(&text);
      buffer_free(&found);
    }
  }
}

/* Hostile depth costs neither stack nor time. */
static void endless_depth_is_refused_at_once(void **state) {
  (void)state;
  size_t length = 10000000;
  char *text = malloc(length);
  memset(text, '[', length);
  json_scanner *scanner = json_scan_text(text, length, false);
  buffer found = {0};
  charts_error error = {0};
  assert_int_equal(tokens(scanner, &found, &error), CHARTS_FORMAT);
  json_scanner_free(scanner);
  buffer_free(&found);
  free(text);
}

static void texts_end_at_one_mebibyte(void **state) {
  (void)state;
  for (size_t extra = 0; extra < 2; extra++) {
    buffer text = {0};
    buffer_add_char(&text, '"');
    for (size_t i = 0; i < (1 << 20) + extra; i++)
      buffer_add_char(&text, 'x');
    buffer_add_char(&text, '"');
    chunks from = {text.bytes, text.length, 0, 4096};
    json_scanner *scanner = json_scan_refill(give, &from, false);
    json_token token;
    charts_error error = {0};
    assert_int_equal(json_next(scanner, &token, &error), extra == 0 ? CHARTS_OK : CHARTS_FORMAT);
    json_scanner_free(scanner);
    buffer_free(&text);
  }
}

static void a_failing_source_fails_the_scan(void **state) {
  (void)state;
  json_scanner *scanner = json_scan_refill(refuse, NULL, false);
  json_token token;
  charts_error error = {0};
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_IO);
  assert_string_equal(error.message, "the disk is gone");
  json_scanner_free(scanner);
}

static void lists_and_records_can_be_skipped(void **state) {
  (void)state;
  const char *text = "[{\"a\":[1,{\"b\":\"]\"}]},7,\"[\"]";
  json_scanner *scanner = json_scan_text(text, strlen(text), false);
  json_token token;
  charts_error error = {0};
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(token.kind, JSON_RECORD_OPEN);
  assert_int_equal(json_skip(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(token.kind, JSON_NUMBER);
  assert_int_equal(json_skip(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(token.kind, JSON_TEXT);
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(token.kind, JSON_LIST_CLOSE);
  assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
  assert_int_equal(token.kind, JSON_END);
  json_scanner_free(scanner);
}

/* ---- Numbers in a row ---- */

static void numbers_come_in_a_row(void **state) {
  (void)state;
  const char *text = "[1, null ,2.5,-3e0 , NaN,-Infinity,4,[5,6],7,\"x\",8]";
  for (size_t most = 1; most < 9; most++) {
    for (size_t room = 1; room < 9; room++) {
      chunks from = {text, strlen(text), 0, most};
      json_scanner *scanner = json_scan_refill(give, &from, true);
      json_token token;
      charts_error error = {0};
      buffer found = {0};
      assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
      for (;;) {
        double numbers[8];
        size_t count = 0;
        assert_int_equal(json_numbers(scanner, numbers, room, &count, &error), CHARTS_OK);
        for (size_t i = 0; i < count; i++)
          buffer_add_format(&found, isnan(numbers[i]) ? "- " : "%g ", numbers[i]);
        if (count > 0)
          continue;
        assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
        if (token.kind == JSON_END)
          break;
        buffer_add_format(&found, "k%d ", (int)token.kind);
      }
      assert_string_equal(found.bytes, "1 - 2.5 -3 - - 4 k7 5 6 k8 7 k5 8 k8 ");
      buffer_free(&found);
      json_scanner_free(scanner);
    }
  }
}

static void wrong_numbers_in_a_row_are_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"[1,2",    "[1,,2]", "[1 2]", "[1,NaN]", "[01]",
                                      "[1,nul]", "[1,-]",  "[1,]",  "[,]",     "[1}"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_scanner *scanner = json_scan_text(texts[i], strlen(texts[i]), false);
    json_token token;
    charts_error error = {0};
    charts_status status = json_next(scanner, &token, &error);
    while (status == CHARTS_OK && token.kind != JSON_END) {
      double numbers[4];
      size_t count = 1;
      while (status == CHARTS_OK && count > 0)
        status = json_numbers(scanner, numbers, 4, &count, &error);
      if (status == CHARTS_OK)
        status = json_next(scanner, &token, &error);
    }
    if (status != CHARTS_FORMAT)
      fail_msg("accepted: %s", texts[i]);
    json_scanner_free(scanner);
  }
}

/* ---- Writing ---- */

static void numbers_are_written_as_the_format_says(void **state) {
  (void)state;
  buffer to = {0};
  const double numbers[] = {0, -0.0, 100000, 1e21, NAN, INFINITY, -INFINITY, 0.1};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    json_write_number(&to, numbers[i]);
    buffer_add_char(&to, ' ');
  }
  assert_string_equal(to.bytes, "0 -0.0 100000 1e+21 null null null 0.1 ");
  buffer_free(&to);
}

static void texts_are_escaped_no_more_than_needed(void **state) {
  (void)state;
  buffer to = {0};
  const char text[] = "a\"\\/\b\f\n\r\t\x01\x1f\x7f\0<\xC3\xA4\xE2\x80\xA8";
  json_write_text(&to, text, sizeof text - 1);
  assert_string_equal(to.bytes, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000<\xC3\xA4\xE2\x80\xA8\"");
  buffer_free(&to);
}

static void what_is_no_text_is_written_as_text(void **state) {
  (void)state;
  buffer to = {0};
  json_write_text(&to, "a\xFF\"\xC3\xA4\xE2\x82", 7);
  assert_string_equal(to.bytes, "\"a\xEF\xBF\xBD\\\"\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\"");
  buffer_free(&to);
}

static void what_is_written_is_read_again(void **state) {
  (void)state;
  for (unsigned first = 1; first < 0x300; first++) {
    char text[8];
    size_t length = 1;
    text[0] = (char)first;
    if (first >= 0x80) {
      text[0] = (char)(0xC0 | (first >> 6));
      text[1] = (char)(0x80 | (first & 0x3F));
      length = 2;
    }
    buffer to = {0};
    json_write_text(&to, text, length);
    json_scanner *scanner = json_scan_text(to.bytes, to.length, false);
    json_token token;
    charts_error error = {0};
    assert_int_equal(json_next(scanner, &token, &error), CHARTS_OK);
    assert_int_equal(token.length, length);
    assert_memory_equal(token.text, text, length);
    json_scanner_free(scanner);
    buffer_free(&to);
  }
}

static void utf8_is_told_from_other_bytes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool valid;
  } known[] = {
      {"", true},
      {"a", true},
      {"\xC2\x80", true},
      {"\xDF\xBF", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xEF\xBF\xBF", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {"\x80", false},
      {"\xC1\xBF", false},
      {"\xC2", false},
      {"\xC2\x41", false},
      {"\xE0\x9F\xBF", false},
      {"\xED\xA0\x80", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\xF4\x90\x80\x80", false},
      {"\xF8\x88\x80\x80\x80", false},
      {"\xE2\x82", false},
      {"\xFF", false},
      {"a\xBF", false},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    assert_int_equal(utf8_valid(known[i].text, strlen(known[i].text)), known[i].valid);
  assert_true(utf8_valid("\0", 1));
}

/* ---- Memory ---- */

static void memory_may_end_anywhere(void **state) {
  (void)state;
  const char *text = "{\"a long enough key\":[\"\\u00e4 text\",1,2,3],\"b\":null}";
  charts_status status = CHARTS_MEMORY;
  long successes = 0;
  for (; status != CHARTS_OK; successes++) {
    chunks from = {text, strlen(text), 0, 3};
    memory_fail_after(successes, true);
    json_scanner *scanner = json_scan_refill(give, &from, false);
    json_token token = {0};
    charts_error error = {0};
    status = scanner == NULL ? CHARTS_MEMORY : CHARTS_OK;
    while (status == CHARTS_OK) {
      status = json_next(scanner, &token, &error);
      if (token.kind == JSON_END)
        break;
    }
    memory_fail_after(-1, false);
    assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
    json_scanner_free(scanner);
  }
  assert_true(successes > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(well_formed_text_gives_its_tokens),
      cmocka_unit_test(lenient_text_may_hold_what_series_files_hold),
      cmocka_unit_test(malformed_text_is_refused),
      cmocka_unit_test(errors_name_line_and_column),
      cmocka_unit_test(depth_ends_at_64),
      cmocka_unit_test(endless_depth_is_refused_at_once),
      cmocka_unit_test(texts_end_at_one_mebibyte),
      cmocka_unit_test(a_failing_source_fails_the_scan),
      cmocka_unit_test(lists_and_records_can_be_skipped),
      cmocka_unit_test(numbers_come_in_a_row),
      cmocka_unit_test(wrong_numbers_in_a_row_are_refused),
      cmocka_unit_test(numbers_are_written_as_the_format_says),
      cmocka_unit_test(texts_are_escaped_no_more_than_needed),
      cmocka_unit_test(what_is_no_text_is_written_as_text),
      cmocka_unit_test(what_is_written_is_read_again),
      cmocka_unit_test(utf8_is_told_from_other_bytes),
      cmocka_unit_test(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
