/* The windows of several series are of one moment, whatever is put meanwhile. */
#include "opened.h"

#include "storage.h"
#include "windows.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_bool stopping;

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error = {0};
  if (charts_value_parse(&value, json, strlen(json), &error) != CHARTS_OK)
    fail_msg("%s: %s", json, error.message);
  return value;
}

/* Puts A and B, which hold one and the same number; the third time as a purge. */
static bool put_pair(const directory *into, int number) {
  char json[128];
  charts_error error = {0};
  charts_value *value = NULL;
  series_list list;
  directory_report report;
  (void)snprintf(json, sizeof json, "[{\"name\":\"A\",\"data\":[%d]},{\"name\":\"B\",\"data\":[%d]}]", number, number);
  bool done = charts_value_parse(&value, json, strlen(json), &error) == CHARTS_OK &&
              series_read(&list, value, &(series_request){0}, NULL, &error) == CHARTS_OK;
  if (done) {
    done = directory_put(into, &list, number % 3 == 0, &report, NULL, &error) == CHARTS_OK;
    series_list_free(&list);
  }
  charts_value_free(value);
  return done;
}

static void *put_pairs(void *context) {
  directory *own = NULL;
  charts_error error;
  bool *done = context;
  *done = directory_open(&own, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK;
  for (int number = 1; *done && !atomic_load(&stopping); number++)
    *done = put_pair(own, number);
  directory_close(own);
  return NULL;
}

/* The numbers of a frame's payload: x and y of A, x and y of B. */
static void read_numbers(double numbers[4], const buffer *frame) {
  unsigned length = 0;
  assert_true(frame->length > 12);
  memcpy(&length, frame->bytes + 8, 4);
  assert_int_equal(frame->length, 12 + length + 4 * sizeof *numbers);
  memcpy(numbers, frame->bytes + 12 + length, 4 * sizeof *numbers);
}

static void a_put_is_in_all_windows_or_in_none(void **state) {
  (void)state;
  bool done = false;
  pthread_t writer;
  windows_request wanted = {.files = parsed("[\"A.json\",\"B.json\"]"), .window = {.from = -1, .to = 1, .columns = 10}};
  assert_true(put_pair(opened, 0));
  assert_int_equal(pthread_create(&writer, NULL, put_pairs, &done), 0);
  for (int i = 0; i < 1000; i++) {
    buffer frame = {0};
    double numbers[4];
    windows_write(&frame, opened, &wanted);
    read_numbers(numbers, &frame);
    assert_true(numbers[1] == numbers[3]);
    buffer_free(&frame);
  }
  atomic_store(&stopping, true);
  assert_int_equal(pthread_join(writer, NULL), 0);
  assert_true(done);
  charts_value_free((charts_value *)(uintptr_t)wanted.files);
}

/* Another process is in the middle of a put and does not go on: A has its new file, B not yet. */
static void half_of_a_put_is_not_answered(void **state) {
  (void)state;
  storage_lock lock;
  charts_error error;
  windows_request wanted = {.files = parsed("[\"A.json\",\"B.json\"]"), .window = {.from = -1, .to = 1, .columns = 10}};
  buffer frame = {0};
  assert_true(put_pair(opened, 1));
  assert_int_equal(storage_lock_take(&lock, directory_descriptor(opened), scratch_folder, &error), CHARTS_OK);
  scratch_write_text("A.json", "{\"name\":\"A\",\"data\":[2]}");
  scratch_write_text(".9.9.tmp", "{\"name\":\"B\",\"data\":[2]}");
  scratch_write_text(".charts/commit", "{\"put\":[[\".9.8.tmp\",\"A.json\"],[\".9.9.tmp\",\"B.json\"]]}");
  windows_write(&frame, opened, &wanted);
  assert_non_null(strstr(frame.bytes + 12, "is being changed by another process"));
  assert_null(strstr(frame.bytes + 12, "columns"));
  buffer_clear(&frame);
  storage_lock_release(&lock); /* it was killed: the put is carried out */
  double numbers[4];
  windows_write(&frame, opened, &wanted);
  read_numbers(numbers, &frame);
  assert_true(numbers[1] == 2 && numbers[3] == 2);
  buffer_free(&frame);
  charts_value_free((charts_value *)(uintptr_t)wanted.files);
}

/* Another process keeps the lock and changes nothing: what is there is answered. */
static void a_lock_alone_keeps_nobody_from_reading(void **state) {
  (void)state;
  storage_lock lock;
  charts_error error;
  windows_request wanted = {.files = parsed("[\"A.json\",\"B.json\"]"), .window = {.from = -1, .to = 1, .columns = 10}};
  buffer frame = {0};
  double numbers[4];
  assert_true(put_pair(opened, 1));
  assert_int_equal(storage_lock_take(&lock, directory_descriptor(opened), scratch_folder, &error), CHARTS_OK);
  windows_write(&frame, opened, &wanted);
  read_numbers(numbers, &frame);
  assert_true(numbers[1] == 1 && numbers[3] == 1);
  storage_lock_release(&lock);
  buffer_free(&frame);
  charts_value_free((charts_value *)(uintptr_t)wanted.files);
}

static void what_is_no_series_has_its_error(void **state) {
  (void)state;
  windows_request wanted = {.files = parsed("[\"gone.json\",\"../A.json\",\".A.json\",\"\"]"),
                            .window = {.from = -1, .to = 1, .columns = 10}};
  buffer frame = {0};
  windows_write(&frame, opened, &wanted);
  assert_false(frame.failed);
  assert_non_null(strstr(frame.bytes + 12, "there is no series file gone.json"));
  assert_non_null(strstr(frame.bytes + 12, "there is no series file ../A.json"));
  buffer_free(&frame);
  charts_value_free((charts_value *)(uintptr_t)wanted.files);
}

/* A layer that is named twice would have two answers, one of which nobody frees. */
static void a_series_stands_on_itself_alone(void **state) {
  (void)state;
  windows_request wanted = {.files = parsed("[\"A.json\",\"B.json\"]"),
                            .stacks = parsed("[[\"A.json\",\"B.json\",\"A.json\"]]"),
                            .window = {.from = -1, .to = 1, .columns = 10}};
  buffer frame = {0};
  assert_true(put_pair(opened, 1));
  windows_write(&frame, opened, &wanted);
  assert_false(frame.failed);
  assert_null(strstr(frame.bytes + 12, "stacked"));
  buffer_free(&frame);
  charts_value_free((charts_value *)(uintptr_t)wanted.files);
  charts_value_free((charts_value *)(uintptr_t)wanted.stacks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_put_is_in_all_windows_or_in_none, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(half_of_a_put_is_not_answered, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_lock_alone_keeps_nobody_from_reading, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_series_stands_on_itself_alone, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(what_is_no_series_has_its_error, open_folder, close_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
