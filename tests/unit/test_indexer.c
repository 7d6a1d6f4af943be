/* Pyramids that are made in the background. */
#include "scratch.h"

#include "indexer.h"

#include <pthread.h>

static directory *opened;
static indexer *background;
static int old; /* something that has not changed for long */

static int set_up(void **state) {
  charts_error error;
  old = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ready = old >= 0 && scratch_make(state) == 0 &&
               directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK &&
               indexer_open(&background, &error) == CHARTS_OK;
  return ready ? 0 : -1;
}

static int tear_down(void **state) {
  indexer_close(background, false);
  directory_close(opened);
  (void)close(old);
  return scratch_remove(state);
}

static bool ask(const char *file, int descriptor) {
  const window_indexer *asked = indexer_asked(background);
  double progress = 0;
  return asked->ask(asked->context, opened, file, descriptor, &progress);
}

/* More files than are remembered; each thread still waits for its own when others make it be forgotten. */
enum { THREADS = 400, FILES = 10 };

static void *ask_for_many(void *context) {
  char file[64];
  for (int i = 0; i < FILES; i++) {
    (void)snprintf(file, sizeof file, "%zu-%d.json", (size_t)context, i);
    (void)ask(file, old);
  }
  return NULL;
}

static void what_is_waited_for_is_not_forgotten(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, ask_for_many, (void *)i), 0);
  for (size_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void a_file_that_has_changed_meanwhile_is_not_settled(void **state) {
  (void)state;
  FILE *file = fopen(scratch_path("A.json"), "w");
  assert_non_null(file);
  (void)fputs("{\"data\":[1", file);
  for (int i = 1; i < 20000; i++)
    (void)fputs(",1", file);
  (void)fputs("]}", file);
  assert_int_equal(fclose(file), 0);
  assert_false(ask("A.json", old));
  assert_false(scratch_exists(".charts/pyramid/A.json"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_file_that_has_changed_meanwhile_is_not_settled, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_waited_for_is_not_forgotten, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
