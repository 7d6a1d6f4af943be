/* Series files: head, points, checking, stamps; what foreign files may look like. Writing is tested with series. */
#include "scratch.h"

#include "buffer.h"
#include "seriesfile.h"

#include <math.h>
#include <time.h>

static int open_text(const char *text, size_t length) {
  scratch_write("A.json", text, length);
  int file = open(scratch_path("A.json"), O_RDONLY | O_CLOEXEC);
  assert_true(file >= 0);
  return file;
}

static void assert_attributes(const series_head *head, const char *expected) {
  char *text = NULL;
  charts_error error = {0};
  assert_int_equal(charts_value_write(&text, head->attributes, &error), CHARTS_OK);
  assert_string_equal(text, expected);
  charts_text_free(text);
}

static charts_status head_of(series_head *head, const char *text, charts_error *error) {
  int file = open_text(text, strlen(text));
  charts_status status = seriesfile_head(head, file, "A.json", error);
  (void)close(file);
  return status;
}

/* ---- Head ---- */

static void our_own_head_is_read(void **state) {
  (void)state;
  series_head head;
  charts_error error;
  const char *text = "{\"name\":\"AAPL\",\"display\":false,\"index\":3,\"type\":\"area\",\"xtype\":\"datetime\","
                     "\"data\":[[1,2],[3,4]]}";
  assert_int_equal(head_of(&head, text, &error), CHARTS_OK);
  assert_string_equal(head.name, "AAPL");
  assert_false(head.display);
  assert_true(head.has_index);
  assert_true(head.index == 3);
  assert_int_equal(head.kind, SERIES_XY);
  assert_true(head.data_last);
  assert_int_equal(head.data_start, (uint64_t)(strstr(text, "[[") - text));
  assert_attributes(&head, "{\"type\":\"area\",\"xtype\":\"datetime\"}");
  series_head_free(&head);
}

static void a_foreign_head_may_have_any_order(void **state) {
  (void)state;
  series_head head;
  charts_error error;
  const char *text = "\xEF\xBB\xBF { \"data\" : [ NaN , 1 ] ,\n\t\"color\" : \"red\", \"name\":\"\\u00e4\" } \n";
  assert_int_equal(head_of(&head, text, &error), CHARTS_OK);
  assert_string_equal(head.name, "\xC3\xA4");
  assert_true(head.display);
  assert_false(head.has_index);
  assert_int_equal(head.kind, SERIES_Y);
  assert_false(head.data_last);
  assert_attributes(&head, "{\"color\":\"red\"}");
  series_head_free(&head);
  assert_int_equal(head_of(&head, "{\"data\":[]}", &error), CHARTS_OK);
  assert_null(head.name);
  assert_int_equal(head.kind, SERIES_EMPTY);
  assert_true(head.data_last);
  series_head_free(&head);
}

/* Another program may add a member to a file of ours and leave its end as ours is. */
static void a_member_behind_the_data_is_seen(void **state) {
  (void)state;
  series_head head;
  charts_error error;
  const char *text = "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,2],\"zones\":[1]}";
  assert_int_equal(head_of(&head, text, &error), CHARTS_OK);
  assert_false(head.data_last);
  assert_attributes(&head, "{\"zones\":[1]}");
  series_head_free(&head);
}

/* A file of ours that a person or another program laid out anew has newlines where no append began. */
static void a_file_laid_out_anew_is_not_torn(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\n\"name\":\"A\",\n\"display\":true,\n\"index\":0,\n\"data\":[\n[\n\"a\",\n1\n]\n]\n}\n",
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[\"a\",1],[\n\"b\",3]]}",
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[{\"y\":1},\n{\"y\":2}\n],\"color\":\"red\"}",
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2]],\n\"color\":\"red\"\n}"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    series_head head;
    charts_error error;
    assert_int_equal(head_of(&head, texts[i], &error), CHARTS_OK);
    assert_false(head.torn);
    assert_int_equal(head.data_last, i < 2);
    series_head_free(&head);
  }
}

static void kinds_go_by_the_first_element(void **state) {
  (void)state;
  static const struct {
    const char *data;
    series_kind kind;
  } known[] = {
      {"[]", SERIES_EMPTY},
      {"[1]", SERIES_Y},
      {"[null]", SERIES_Y},
      {"[null,null,2]", SERIES_Y},
      {"[null,[1,2]]", SERIES_XY},
      {"[[1,null]]", SERIES_XY},
      {"[[1,2,3]]", SERIES_RANGE},
      {"[[1,2,3,4,5]]", SERIES_OHLC},
      {"[[\"a\",1]]", SERIES_NAMED},
      {"[{\"y\":1}]", SERIES_POINTS},
      {"[null,{\"y\":1}]", SERIES_POINTS},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char text[256];
    series_head head;
    charts_error error;
    (void)snprintf(text, sizeof text, "{\"name\":\"A\",\"data\":%s}", known[i].data);
    if (head_of(&head, text, &error) != CHARTS_OK)
      fail_msg("%s: %s", text, error.message);
    assert_int_equal(head.kind, known[i].kind);
    series_head_free(&head);
  }
}

static void what_is_no_series_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "   ",
      "[]",
      "5",
      "{}",
      "{\"name\":\"A\"}",
      "{\"data\":5}",
      "{\"data\":{}}",
      "{\"data\":[\"a\"]}",
      "{\"data\":[true]}",
      "{\"data\":[[]]}",
      "{\"data\":[[1]]}",
      "{\"data\":[[1,2,3,4]]}",
      "{\"data\":[[1,2,3,4,5,6]]}",
      "{\"data\":[[1,[2]]]}",
      "{\"data\":[1,2",
      "{\"data\":[1,2]",
      "{\"data\":[1,2]}x",
      "{\"data\":[1,2]}{}",
      "{\"data\":[1],\"data\":[2]}",
      "{\"name\":5,\"data\":[]}",
      "{\"name\":\"\",\"data\":[]}",
      "{\"display\":\"yes\",\"data\":[]}",
      "{\"index\":\"1\",\"data\":[]}",
      "{\"data\":[1],}",
      "PK\x03\x04 not JSON at all",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    series_head head;
    charts_error error = {0};
    if (head_of(&head, texts[i], &error) != CHARTS_FORMAT)
      fail_msg("accepted: %s", texts[i]);
    if (strncmp(error.message, "A.json: ", 8) != 0)
      fail_msg("%s: %s", texts[i], error.message);
    assert_null(head.name);
    assert_null(head.attributes);
  }
}

/* ---- Points ---- */

typedef struct seen {
  buffer text;
  size_t limit; /* stop after so many rows */
  size_t count;
} seen;

static charts_status note_rows(void *context, const series_block *block, charts_error *error) {
  seen *in = context;
  for (size_t i = 0; i < block->count; i++) {
    if (in->count++ == in->limit)
      return error_set(error, CHARTS_INTERRUPTED, "enough");
    for (size_t j = 0; j < block->width; j++) {
      double number = block->rows[i * block->width + j];
      buffer_add_format(&in->text, isnan(number) ? "-" : "%.17g", number);
      buffer_add_text(&in->text, j + 1 < block->width ? "," : "");
    }
    if (block->labels != NULL && block->labels[i] != NULL)
      buffer_add_format(&in->text, " %s", block->labels[i]);
    if (block->records != NULL && block->records[i] != NULL)
      buffer_add_format(&in->text, " %s", block->records[i]);
    buffer_add_char(&in->text, ';');
  }
  return CHARTS_OK;
}

static charts_status points_of(seen *in, const char *text, charts_error *error) {
  int file = open_text(text, strlen(text));
  series_head head;
  charts_status status = seriesfile_head(&head, file, "A.json", error);
  if (status == CHARTS_OK)
    status = seriesfile_points(file, "A.json", &head, note_rows, in, error);
  series_head_free(&head);
  (void)close(file);
  return status;
}

static void assert_points(const char *text, const char *expected) {
  seen in = {.limit = SIZE_MAX};
  charts_error error = {0};
  if (points_of(&in, text, &error) != CHARTS_OK)
    fail_msg("%s: %s", text, error.message);
  assert_string_equal(in.text.bytes != NULL ? in.text.bytes : "", expected);
  buffer_free(&in.text);
}

static void every_kind_gives_rows(void **state) {
  (void)state;
  assert_points("{\"data\":[]}", "");
  assert_points("{\"data\":[5,null,7]}", "0,5;1,-;2,7;");
  assert_points("{\"data\":[5,null,7],\"pointStart\":10,\"pointInterval\":0.5}", "10,5;10.5,-;11,7;");
  assert_points("{\"pointStart\":10,\"data\":[{\"y\":1},null,{\"x\":3,\"y\":null,\"name\":\"n\"},{}]}",
                "10,1 {\"y\":1};11,-;3,- n {\"name\":\"n\",\"x\":3,\"y\":null};13,- {};");
  assert_points("{\"data\":[[1,2],[3,null],null,[4,NaN],[5,Infinity]]}", "1,2;3,-;4,-;5,-;");
  assert_points("{\"data\":[[1,2,3],[4,null,6]]}", "1,2,3;4,-,6;");
  assert_points("{\"data\":[[1,2,3,4,5]]}", "1,2,3,4,5;");
  assert_points("{\"data\":[[\"a\",1],[\"\",null]]}", "0,1 a;1,- ;");
  assert_points("{\"data\":[-0.0,1e3,1E-2]}", "0,-0;1,1000;2,0.01;");
}

static void wrong_points_are_named_with_their_place(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,\"a\"]}",
      "{\"data\":[1,[2,3]]}",
      "{\"data\":[[1,2],[3]]}",
      "{\"data\":[[1,2],[3,4,5]]}",
      "{\"data\":[[1,2],5]}",
      "{\"data\":[[1,2],[null,4]]}",
      "{\"data\":[[1,2],[NaN,4]]}",
      "{\"data\":[[1,2],[3,\"4\"]]}",
      "{\"data\":[[1,2],[3,true]]}",
      "{\"data\":[[\"a\",1],[2,3]]}",
      "{\"data\":[{\"y\":1},2]}",
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[1,]}",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    seen in = {.limit = SIZE_MAX};
    charts_error error = {0};
    if (points_of(&in, texts[i], &error) != CHARTS_FORMAT)
      fail_msg("accepted: %s", texts[i]);
    if (strstr(error.message, "A.json: line 1, column ") == NULL)
      fail_msg("%s: %s", texts[i], error.message);
    buffer_free(&in.text);
  }
}

/* More rows than a block, and than the scanner reads at once. */
/* The end of a file of ours tells where the data end; where they end before it, all of the file is looked at. */
static void data_end_where_the_file_says(void **state) {
  (void)state;
  seen in = {.limit = SIZE_MAX};
  charts_error error;
  static const char *const broken[] = {"{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[[1,2],[2,3]],2],[3]]}",
                                       "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[[\"a\",2]],2],[3]]}",
                                       "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[[1,2],[2,3]],2]\n,[3,"};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    assert_int_equal(points_of(&in, broken[i], &error), CHARTS_FORMAT);
    buffer_free(&in.text);
  }
  /* A long list behind the data looks like their end. */
  buffer text = {0};
  buffer_add_text(&text, "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":[[1,2]],\"more\":[[0]");
  for (int i = 0; i < 3000; i++)
    buffer_add_text(&text, ",[0]");
  buffer_add_text(&text, "]}");
  assert_points(text.bytes, "1,2;");
  buffer_free(&text);
}

static void long_files_come_in_blocks(void **state) {
  (void)state;
  enum { COUNT = 30000 };
  static const char *const forms[][2] = {
      {"", ""}, {"[", ",1]"}, {"[", ",1,2]"}, {"[", ",1,2,3,4]"}, {"{\"x\":", ",\"y\":1}"}};
  for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++) {
    buffer text = {0};
    buffer_add_text(&text, "{\"data\":[");
    for (int i = 0; i < COUNT; i++)
      buffer_add_format(&text, "%s%s%d%s", i > 0 ? ", " : "", forms[form][0], i, forms[form][1]);
    buffer_add_text(&text, "]}");
    seen in = {.limit = SIZE_MAX};
    charts_error error = {0};
    assert_int_equal(points_of(&in, text.bytes, &error), CHARTS_OK);
    assert_int_equal(in.count, COUNT);
    assert_non_null(strstr(in.text.bytes, "29999,"));
    buffer_free(&in.text);
    buffer_free(&text);
  }
}

static void a_visitor_ends_the_reading(void **state) {
  (void)state;
  seen in = {.limit = 2};
  charts_error error = {0};
  assert_int_equal(points_of(&in, "{\"data\":[[1,2],[2,3],[3,4]]}", &error), CHARTS_INTERRUPTED);
  assert_string_equal(error.message, "enough");
  buffer_free(&in.text);
}

static void random_bytes_never_pass_for_a_series(void **state) {
  (void)state;
  static const char whole[] =
      "{\"name\":\"A\",\"display\":true,\"index\":0,\"type\":\"line\",\"data\":[[1,2.5],[3,null],[-4e2,0]]}";
  uint64_t seed = 12345;
  for (int turn = 0; turn < 3000; turn++) {
    char text[sizeof whole];
    memcpy(text, whole, sizeof whole);
    for (int change = 0; change <= turn % 3; change++) {
      seed ^= seed << 13;
      seed ^= seed >> 7;
      seed ^= seed << 17;
      text[seed % (sizeof whole - 1)] = (char)(seed >> 32);
    }
    int file = open_text(text, sizeof whole - 1);
    charts_error error = {0};
    charts_status status = seriesfile_check(file, "A.json", &error);
    assert_true(status == CHARTS_OK || status == CHARTS_FORMAT);
    assert_true(status == CHARTS_OK || utf8_valid(error.message, strlen(error.message)));
    (void)close(file);
  }
}

static void a_cut_file_is_no_series(void **state) {
  (void)state;
  static const char whole[] = "{\"name\":\"A\",\"display\":true,\"index\":0,\"data\":[[1,2.5],[3,null],[-4e2,0]]}";
  for (size_t length = 0; length < sizeof whole - 1; length++) {
    int file = open_text(whole, length);
    charts_error error = {0};
    assert_int_equal(seriesfile_check(file, "A.json", &error), CHARTS_FORMAT);
    (void)close(file);
  }
  int file = open_text(whole, sizeof whole - 1);
  charts_error error = {0};
  assert_int_equal(seriesfile_check(file, "A.json", &error), CHARTS_OK);
  (void)close(file);
}

static void stamps_tell_files_apart(void **state) {
  (void)state;
  struct stat status = {.st_size = 10, .st_ino = 7};
  char first[64];
  char other[64];
  seriesfile_stamp(first, &status);
  seriesfile_stamp(other, &status);
  assert_string_equal(first, other);
  status.st_mtim.tv_nsec = 1;
  seriesfile_stamp(other, &status);
  assert_string_not_equal(first, other);
  status.st_mtim.tv_nsec = 0;
  status.st_ino = 8;
  seriesfile_stamp(other, &status);
  assert_string_not_equal(first, other);
  status.st_ino = 7;
  status.st_size = 11;
  seriesfile_stamp(other, &status);
  assert_string_not_equal(first, other);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  static const char *const texts[] = {"{\"name\":\"A\",\"type\":\"line\",\"data\":[[\"a\",1],[\"b\",2]]}",
                                      "{\"data\":[{\"y\":1,\"name\":\"n\"},{\"y\":2}],\"name\":\"A\"}"};
  for (size_t i = 0; i < 2; i++) {
    charts_status status = CHARTS_MEMORY;
    long successes = 0;
    for (; status != CHARTS_OK; successes++) {
      seen in = {.limit = SIZE_MAX};
      charts_error error = {0};
      memory_fail_after(successes, false);
      status = points_of(&in, texts[i], &error);
      memory_fail_after(-1, false);
      if (in.text.failed)
        status = CHARTS_MEMORY;
      assert_true(status == CHARTS_OK || status == CHARTS_MEMORY);
      buffer_free(&in.text);
    }
    assert_true(successes > 10);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(our_own_head_is_read),
      cmocka_unit_test(a_foreign_head_may_have_any_order),
      cmocka_unit_test(a_member_behind_the_data_is_seen),
      cmocka_unit_test(a_file_laid_out_anew_is_not_torn),
      cmocka_unit_test(kinds_go_by_the_first_element),
      cmocka_unit_test(what_is_no_series_is_refused),
      cmocka_unit_test(every_kind_gives_rows),
      cmocka_unit_test(wrong_points_are_named_with_their_place),
      cmocka_unit_test(data_end_where_the_file_says),
      cmocka_unit_test(long_files_come_in_blocks),
      cmocka_unit_test(a_visitor_ends_the_reading),
      cmocka_unit_test(random_bytes_never_pass_for_a_series),
      cmocka_unit_test(a_cut_file_is_no_series),
      cmocka_unit_test(stamps_tell_files_apart),
      cmocka_unit_test(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
