/* Threads that help, and work that ends when it is told to. */
#include "scratch.h"

#include "directory.h"
#include "filebytes.h"
#include "storage.h"
#include "worker.h"

#include <sys/wait.h>

static directory *opened;

static int set_up(void **state) {
  charts_error error;
  bool ready =
      scratch_make(state) == 0 && directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK;
  return ready ? 0 : -1;
}

static int tear_down(void **state) {
  worker_stop_by(NULL);
  directory_close(opened);
  return scratch_remove(state);
}

static void what_is_told_to_end_reads_no_more(void **state) {
  (void)state;
  charts_error error;
  char bytes[4];
  size_t got = 0;
  atomic_bool stop = false;
  scratch_write_text("file", "text");
  int file = open(scratch_path("file"), O_RDONLY | O_CLOEXEC);
  assert_false(worker_stopped());
  worker_stop_by(&stop);
  assert_ptr_equal(worker_stop(), &stop);
  assert_int_equal(filebytes_read(file, "file", bytes, sizeof bytes, 0, &got, &error), CHARTS_OK);
  assert_int_equal(got, 4);
  stop = true;
  assert_true(worker_stopped());
  assert_int_equal(filebytes_read(file, "file", bytes, sizeof bytes, 0, &got, &error), CHARTS_INTERRUPTED);
  (void)close(file);
}

static void *is_stopped(void *context) {
  *(bool *)context = worker_stopped();
  return NULL;
}

static void threads_are_told_by_what_tells_their_starter(void **state) {
  (void)state;
  atomic_bool stop = true;
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    bool stopped = i == 1;
    worker_stop_by(i == 0 ? &stop : NULL);
    assert_true(worker_start(&thread, is_stopped, &stopped));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(stopped, i == 0);
  }
}

typedef struct waiting {
  charts_status status;
  atomic_bool begun;
} waiting;

static void *wait_for_lock(void *context) {
  waiting *of = context;
  charts_error error;
  storage_lock lock;
  atomic_store(&of->begun, true);
  of->status = storage_lock_take(&lock, directory_descriptor(opened), "here", &error);
  storage_lock_release(&lock);
  return NULL;
}

static void who_waits_for_a_lock_is_told(void **state) {
  (void)state;
  charts_error error;
  storage_lock held;
  pthread_t thread;
  atomic_bool stop = false;
  waiting of = {CHARTS_OK, false};
  assert_int_equal(storage_lock_take(&held, directory_descriptor(opened), "here", &error), CHARTS_OK);
  worker_stop_by(&stop);
  assert_true(worker_start(&thread, wait_for_lock, &of));
  while (!atomic_load(&of.begun))
    (void)sched_yield();
  atomic_store(&stop, true);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(of.status, CHARTS_INTERRUPTED);
  storage_lock_release(&held);
}

/* A child that was forked while the lock was held has its descriptor, but not the lock. */
static void a_forked_child_keeps_no_lock(void **state) {
  (void)state;
  charts_error error;
  storage_lock lock;
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  assert_int_equal(storage_lock_take(&lock, directory_descriptor(opened), "here", &error), CHARTS_OK);
  pid_t child = fork();
  if (child == 0) {
    char byte;
    (void)close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  storage_lock_release(&lock);
  charts_status again = storage_lock_take(&lock, directory_descriptor(opened), "here", &error);
  storage_lock_release(&lock);
  (void)close(ends[0]);
  (void)close(ends[1]);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(again, CHARTS_OK);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_is_told_to_end_reads_no_more),
      TEST(threads_are_told_by_what_tells_their_starter),
      TEST(who_waits_for_a_lock_is_told),
      TEST(a_forked_child_keeps_no_lock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
