/* A server in a thread or as a process, behind one interface. */
#include "client.h"
#include "scratch.h"

#include "buffer.h"
#include "control.h"
#include "host.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static host *opened;

static int begin(void **state, const char *way) {
  charts_error error;
  if (scratch_make(state) != 0)
    return -1;
  (void)mkdir(scratch_path("run"), 0700);
  (void)setenv("XDG_RUNTIME_DIR", scratch_path("run"), 1);
  (void)setenv("CHARTS_SERVER", way, 1);
  (void)setenv("CHARTS_IDLE", "60", 1);
  (void)unsetenv("CHARTS_QUIET");
  (void)unsetenv("CHARTS_PORT");
  (void)unsetenv("CHARTS_BASE_URL");
  (void)mkdir(scratch_path("stocks"), 0700);
  (void)mkdir(scratch_path("stocks/.charts"), 0700);
  host_options options = {.folder = scratch_folder, .interactive = true, .terminal = true};
  return host_open(&opened, &options, &error) == CHARTS_OK ? 0 : -1;
}

static int begin_thread(void **state) {
  return begin(state, "thread");
}

static int begin_process(void **state) {
  return begin(state, "process");
}

/* Ends the detached server too, if there is one. */
static int end(void **state) {
  serverfile found;
  char folder[4096];
  host_close(opened);
  if (realpath(scratch_folder, folder) && serverfile_read(&found, folder, NULL) == CHARTS_OK) {
    charts_value *answer = NULL;
    charts_value *body = charts_record();
    if (control_post(&answer, folder, &found, "api/stop", body, NULL) != CHARTS_OK)
      return -1;
    charts_value_free(answer);
    charts_value_free(body);
  }
  return scratch_remove(state);
}

static unsigned port_of(const char *url) {
  assert_memory_equal(url, "http://127.0.0.1:", 17);
  return (unsigned)strtoul(url + 17, NULL, 10);
}

static void a_view_has_an_address(void **state) {
  (void)state;
  charts_error error;
  buffer segment = {0};
  buffer url = {0};
  size_t pages = 9;
  char token[64];
  char path[128];
  assert_false(host_started(opened));
  assert_int_equal(host_register(opened, scratch_path("stocks"), &segment, &error), CHARTS_OK);
  assert_true(host_started(opened));
  assert_string_equal(segment.bytes, "stocks");
  assert_int_equal(host_shown(opened, segment.bytes, "0123abcd", &pages, &error), CHARTS_OK);
  assert_int_equal(pages, 0);
  assert_int_equal(host_url(opened, segment.bytes, "0123abcd", &url, &error), CHARTS_OK);
  assert_int_equal(sscanf(strstr(url.bytes, "#t=") + 3, "%32[0-9a-f]", token), 1);
  assert_non_null(strstr(url.bytes, "/stocks/#t="));
  assert_non_null(strstr(url.bytes, "&v=0123abcd"));
  (void)snprintf(path, sizeof path, "/api/d/%s/live?view=0123abcd", segment.bytes);
  int page = client_upgrade(port_of(url.bytes), path, token);
  (void)client_message(page);
  assert_int_equal(host_shown(opened, segment.bytes, "0123abcd", &pages, &error), CHARTS_OK);
  assert_int_equal(pages, 1);
  assert_string_equal(client_message(page), "{\"shown\":\"0123abcd\"}");
  close(page);
  assert_int_equal(host_register(opened, scratch_path("nothing"), &segment, &error), CHARTS_NOT_FOUND);
  buffer_free(&segment);
  buffer_free(&url);
}

/* A tab that was opened counts as a page until its page has come, and no longer. */
static void a_tab_on_its_way_counts(void **state) {
  (void)state;
  charts_error error;
  buffer segment = {0};
  buffer url = {0};
  size_t pages = 9;
  char token[64];
  assert_int_equal(host_register(opened, scratch_path("stocks"), &segment, &error), CHARTS_OK);
  assert_int_equal(host_url(opened, segment.bytes, NULL, &url, &error), CHARTS_OK);
  assert_int_equal(sscanf(strstr(url.bytes, "#t=") + 3, "%32[0-9a-f]", token), 1);
  assert_int_equal(host_opened(opened, segment.bytes, "0123abcd", &error), CHARTS_OK);
  assert_int_equal(host_shown(opened, segment.bytes, "89abcdef", &pages, &error), CHARTS_OK);
  assert_int_equal(pages, 0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(host_shown(opened, segment.bytes, "0123abcd", &pages, &error), CHARTS_OK);
    assert_int_equal(pages, 1);
  }
  int page = client_upgrade(port_of(url.bytes), "/api/d/stocks/live?view=0123abcd", token);
  (void)client_message(page);
  close(page);
  do /* until the server has seen the end of the page */
    assert_int_equal(host_shown(opened, segment.bytes, "0123abcd", &pages, &error), CHARTS_OK);
  while (pages > 0);
  buffer_free(&segment);
  buffer_free(&url);
}

static void the_banner_comes_once(void **state) {
  (void)state;
  charts_error error;
  buffer text = {0};
  host_banner(opened, &text);
  assert_int_equal(text.length, 0);
  assert_int_equal(host_start(opened, &error), CHARTS_OK);
  host_banner(opened, &text);
  assert_memory_equal(text.bytes, "Server running in the folder ", 29);
  assert_non_null(strstr(text.bytes, "#t="));
  buffer_clear(&text);
  host_banner(opened, &text);
  assert_int_equal(text.length, 0);
  buffer_free(&text);
}

static void a_log_gets_no_token(void **state) {
  (void)state;
  charts_error error;
  buffer text = {0};
  host *quiet = NULL;
  host_options options = {.folder = scratch_folder, .interactive = true, .terminal = false};
  assert_int_equal(host_open(&quiet, &options, &error), CHARTS_OK);
  assert_int_equal(host_start(quiet, &error), CHARTS_OK);
  host_banner(quiet, &text);
  assert_null(strstr(text.bytes, "t="));
  assert_null(strstr(text.bytes, "charts url ")); /* it would start another server */
  assert_non_null(strstr(text.bytes, "`url` of a chart"));
  host_close(quiet);
  buffer_free(&text);
}

static void a_proxy_is_the_base(void **state) {
  (void)state;
  charts_error error;
  buffer url = {0};
  assert_int_equal(setenv("CHARTS_BASE_URL", "https://hub.example/user/me", 1), 0);
  assert_int_equal(host_url(opened, "stocks", NULL, &url, &error), CHARTS_OK);
  assert_memory_equal(url.bytes, "https://hub.example/user/me/stocks/#t=", 38);
  buffer_free(&url);
  assert_int_equal(unsetenv("CHARTS_BASE_URL"), 0);
}

static void a_taken_port_is_named(void **state) {
  (void)state;
  charts_error error;
  buffer url = {0};
  char number[16];
  host *second = NULL;
  host_options options = {.folder = scratch_path("stocks"), .interactive = true};
  assert_int_equal(host_url(opened, NULL, NULL, &url, &error), CHARTS_OK);
  (void)snprintf(number, sizeof number, "%u", port_of(url.bytes));
  assert_int_equal(setenv("CHARTS_PORT", number, 1), 0);
  assert_int_equal(host_open(&second, &options, &error), CHARTS_OK);
  assert_int_equal(host_start(second, &error), CHARTS_SERVER);
  assert_non_null(strstr(error.message, number));
  assert_int_equal(setenv("CHARTS_PORT", "70000", 1), 0);
  assert_int_not_equal(host_start(second, &error), CHARTS_OK);
  assert_non_null(strstr(error.message, "CHARTS_PORT"));
  host_close(second);
  buffer_free(&url);
}

static void two_hosts_share_one_process(void **state) {
  (void)state;
  charts_error error;
  buffer first = {0};
  buffer again = {0};
  host *second = NULL;
  host_options options = {.folder = scratch_folder};
  assert_int_equal(host_url(opened, NULL, NULL, &first, &error), CHARTS_OK);
  assert_int_equal(host_open(&second, &options, &error), CHARTS_OK);
  assert_int_equal(host_url(second, NULL, NULL, &again, &error), CHARTS_OK);
  assert_string_equal(first.bytes, again.bytes);
  host_close(second);
  buffer_free(&first);
  buffer_free(&again);
}

static void a_dead_process_is_replaced(void **state) {
  (void)state;
  charts_error error;
  buffer segment = {0};
  serverfile found;
  char folder[4096];
  assert_non_null(realpath(scratch_folder, folder));
  assert_int_equal(host_register(opened, scratch_path("stocks"), &segment, &error), CHARTS_OK);
  assert_int_equal(serverfile_read(&found, folder, &error), CHARTS_OK);
  struct pollfd dying = {.fd = (int)syscall(SYS_pidfd_open, (pid_t)found.pid, 0U), .events = POLLIN};
  assert_int_equal(kill((pid_t)found.pid, SIGKILL), 0);
  assert_int_equal(poll(&dying, 1, 20000), 1);
  close(dying.fd);
  long before = found.pid;
  assert_int_equal(host_register(opened, scratch_path("stocks"), &segment, &error), CHARTS_OK);
  assert_int_equal(serverfile_read(&found, folder, &error), CHARTS_OK);
  assert_true(found.pid != before);
  buffer_free(&segment);
}

/* How many allocations are made until `asked` fails for `reason`: with each of them made to fail, it says so. */
static long allocations(charts_status (*asked)(charts_error *error), charts_status reason) {
  charts_error error;
  for (long n = 0; n < 1000; n++) {
    memory_fail_after(n, false);
    charts_status status = asked(&error);
    memory_fail_after(-1, false);
    if (status == reason)
      return n;
    assert_int_equal(status, CHARTS_MEMORY);
  }
  return -1;
}

static charts_status ask_start(charts_error *error) {
  return host_start(opened, error);
}

static charts_status ask_file(charts_error *error) {
  serverfile found;
  return serverfile_read(&found, scratch_folder, error);
}

/* Memory that is out while the command is looked for is not "not found". */
static void memory_that_is_out_is_said(void **state) {
  (void)state;
  char path[8192];
  char command[8192];
  const char *named = getenv("CHARTS_COMMAND");
  (void)snprintf(path, sizeof path, "%s", getenv("PATH"));
  (void)snprintf(command, sizeof command, "%s", named ? named : "");
  assert_int_equal(setenv("PATH", "/nowhere:/nothing", 1), 0);
  assert_int_equal(setenv("CHARTS_COMMAND", "/no/charts", 1), 0);
  long before = allocations(ask_file, CHARTS_NOT_FOUND);
  long all = allocations(ask_start, CHARTS_SERVER);
  assert_int_equal(setenv("PATH", path, 1), 0);
  assert_int_equal(setenv("CHARTS_COMMAND", command, 1), 0);
  assert_true(before >= 0);
  assert_true(all >= before + 3 + 1 + 2); /* beside the library, as it is named, in PATH */
}

static void a_forked_child_starts_its_own(void **state) {
  (void)state;
#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
  /* ThreadSanitizer has no threads in a forked child. AddressSanitizer's allocator is not forked whole: a lock that a
   * starting thread of the server holds at the fork stays locked in the child, which never gets memory again.
   */
  skip();
#endif
  charts_error error;
  buffer url = {0};
  assert_int_equal(host_url(opened, NULL, NULL, &url, &error), CHARTS_OK);
  pid_t child = fork();
  if (child == 0) {
    buffer own = {0};
    bool right = !host_started(opened) && host_url(opened, NULL, NULL, &own, NULL) == CHARTS_OK &&
                 strcmp(own.bytes, url.bytes) != 0;
    host_close(opened);
    _exit(right ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(client_status(client_ask(port_of(url.bytes), "GET", "/nothing", "", NULL)), 301);
  buffer_free(&url);
}

static void a_wrong_way_is_named(void **state) {
  (void)state;
  charts_error error;
  assert_int_equal(setenv("CHARTS_SERVER", "threads", 1), 0);
  assert_int_equal(host_start(opened, &error), CHARTS_ARGUMENT);
  assert_non_null(strstr(error.message, "CHARTS_SERVER"));
}

int main(void) {
#define THREAD(test)                                                                                                   \
  { #test ": thread", test, begin_thread, end, NULL }
#define PROCESS(test)                                                                                                  \
  { #test ": process", test, begin_process, end, NULL }
  const struct CMUnitTest tests[] = {
      THREAD(a_view_has_an_address),       PROCESS(a_view_has_an_address),        THREAD(the_banner_comes_once),
      THREAD(a_tab_on_its_way_counts),     PROCESS(a_tab_on_its_way_counts),      THREAD(the_banner_comes_once),
      PROCESS(the_banner_comes_once),      THREAD(a_log_gets_no_token),           THREAD(a_proxy_is_the_base),
      THREAD(a_taken_port_is_named),       PROCESS(a_taken_port_is_named),        PROCESS(two_hosts_share_one_process),
      PROCESS(a_dead_process_is_replaced), THREAD(a_forked_child_starts_its_own), THREAD(a_wrong_way_is_named),
      PROCESS(memory_that_is_out_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
