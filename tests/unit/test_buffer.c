/* The growing buffer, the allocation seam, the hash. */
#include "cmocka_all.h"

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

static void additions_stand_in_order(void **state) {
  (void)state;
  buffer to = {0};
  buffer_add_text(&to, "one");
  buffer_add_char(&to, ' ');
  buffer_add_format(&to, "%d %s", 2, "three");
  buffer_add(&to, "", 0);
  assert_string_equal(to.bytes, "one 2 three");
  assert_int_equal(to.length, 11);
  assert_false(to.failed);
  buffer_free(&to);
  assert_null(to.bytes);
}

static void an_empty_addition_makes_an_empty_text(void **state) {
  (void)state;
  buffer to = {0};
  buffer_add(&to, NULL, 0);
  assert_non_null(to.bytes);
  assert_string_equal(to.bytes, "");
  buffer_free(&to);
}

static void it_grows_over_any_length(void **state) {
  (void)state;
  buffer to = {0};
  for (int i = 0; i < 100000; i++) {
    buffer_add_char(&to, (char)('a' + i % 26));
    assert_int_equal(to.bytes[to.length], '\0');
  }
  assert_int_equal(to.length, 100000);
  for (int i = 0; i < 100000; i++)
    assert_int_equal(to.bytes[i], 'a' + i % 26);
  buffer_free(&to);
}

static void room_is_the_callers_to_fill(void **state) {
  (void)state;
  buffer to = {0};
  buffer_add_text(&to, "ab");
  char *room = buffer_room(&to, 3);
  assert_non_null(room);
  memcpy(room, "cdef", 4);
  buffer_grew(&to, 3); /* what was written behind that is none of it */
  assert_int_equal(to.length, 5);
  assert_string_equal(to.bytes, "abcde");
  buffer_free(&to);
}

static void clearing_keeps_the_memory(void **state) {
  (void)state;
  buffer to = {0};
  buffer_add_text(&to, "abc");
  char *bytes = to.bytes;
  buffer_clear(&to);
  assert_int_equal(to.length, 0);
  assert_string_equal(to.bytes, "");
  buffer_add_text(&to, "x");
  assert_ptr_equal(to.bytes, bytes);
  buffer_free(&to);
  buffer_clear(&to);
  assert_null(to.bytes);
}

static void a_failure_is_sticky(void **state) {
  (void)state;
  buffer to = {0};
  buffer_add_text(&to, "kept");
  memory_fail_after(0, false);
  char large[4096];
  memset(large, 'x', sizeof large);
  buffer_add(&to, large, sizeof large);
  assert_true(to.failed);
  buffer_add_text(&to, "y");
  buffer_add_format(&to, "%d", 1);
  assert_null(buffer_room(&to, 1));
  assert_string_equal(to.bytes, "kept");
  buffer_clear(&to);
  assert_false(to.failed);
  buffer_add_text(&to, "again");
  assert_string_equal(to.bytes, "again");
  buffer_free(&to);
}

static void an_impossible_length_fails(void **state) {
  (void)state;
  buffer to = {0};
  assert_null(buffer_room(&to, SIZE_MAX));
  assert_true(to.failed);
  buffer_free(&to);
}

static void the_seam_fails_when_told(void **state) {
  (void)state;
  memory_fail_after(2, false);
  void *first = memory_new(1);
  void *second = memory_new_zeroed(1, 1);
  assert_non_null(first);
  assert_non_null(second);
  assert_null(memory_new(1));
  void *fourth = memory_new(0);
  assert_non_null(fourth);
  memory_fail_after(0, true);
  assert_null(memory_new(1));
  assert_null(memory_new_zeroed(1, 1));
  assert_null(memory_text("a", 1));
  assert_null(memory_resize(NULL, 1));
  memory_fail_after(-1, false);
  void *last = memory_resize(fourth, 100);
  assert_non_null(last);
  free(first);
  free(second);
  free(last);
}

static void text_is_copied_and_ended(void **state) {
  (void)state;
  char *copy = memory_text("a\0b", 3);
  assert_memory_equal(copy, "a\0b\0", 4);
  free(copy);
  copy = memory_text(NULL, 0);
  assert_string_equal(copy, "");
  free(copy);
}

/* The published values of FNV-1a, 64 bits. */
static void the_hash_is_fnv_1a(void **state) {
  (void)state;
  assert_true(hash_bytes("", 0) == UINT64_C(0xcbf29ce484222325));
  assert_true(hash_bytes("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(hash_bytes("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(additions_stand_in_order),   cmocka_unit_test(an_empty_addition_makes_an_empty_text),
      cmocka_unit_test(it_grows_over_any_length),   cmocka_unit_test(room_is_the_callers_to_fill),
      cmocka_unit_test(clearing_keeps_the_memory),  cmocka_unit_test(a_failure_is_sticky),
      cmocka_unit_test(an_impossible_length_fails), cmocka_unit_test(the_seam_fails_when_told),
      cmocka_unit_test(text_is_copied_and_ended),   cmocka_unit_test(the_hash_is_fnv_1a),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
