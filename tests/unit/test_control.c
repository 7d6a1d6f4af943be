/* The client of a detached server, before listeners that are none: what they are sent, and what they answer. */
#include "scratch.h"

#include "control.h"
#include "sockets.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { NOBODY = 65534, NOTHING_CAME = 0, SOMETHING_CAME = 1, NO_LISTENER = 2 };

static serverfile content; /* what the held file says */
static int held;

static int begin(void **state) {
  charts_error error;
  if (scratch_make(state) != 0 || setenv("XDG_RUNTIME_DIR", scratch_folder, 1) != 0)
    return -1;
  content = (serverfile){.pid = getpid(), .token = "0123456789abcdef"};
  return serverfile_hold(&held, scratch_folder, &error) == CHARTS_OK ? 0 : -1;
}

static int end(void **state) {
  serverfile_drop(held, scratch_folder);
  return scratch_remove(state);
}

static void write_content(void) {
  charts_error error;
  assert_int_equal(ftruncate(held, 0), 0);
  assert_int_equal(serverfile_write(held, scratch_folder, &content, &error), CHARTS_OK);
}

/* A socket that listens on a free port; -1 when there is none. */
static int listen_somewhere(unsigned *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 8) != 0 || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
    return -1;
  *port = ntohs(address.sin_port);
  return listener;
}

/* One connection: what came until the blank line and the body, or the end, and what is answered. */
typedef struct peer {
  int listener;
  size_t answers; /* bytes, of which none ends a line */
  size_t came;
} peer;

static void *peer_run(void *context) {
  static const char status[] = "HTTP/1.1 200 OK ";
  peer *one = context;
  char bytes[4096];
  int connection = accept4(one->listener, NULL, NULL, SOCK_CLOEXEC);
  for (ssize_t got = 1; got > 0 && (one->came < 4 || bytes[one->came - 1] != '}');) {
    got = recv(connection, bytes + one->came, sizeof bytes - one->came, 0);
    one->came += got > 0 ? (size_t)got : 0;
  }
  for (size_t sent = 0; one->came > 0 && sent < one->answers; sent++)
    if (send(connection, sent < strlen(status) ? status + sent : "x", 1, MSG_NOSIGNAL) != 1)
      break;
  close(connection);
  return NULL;
}

/* Posts to the listener of `one`, as `to` says. */
static charts_status post(peer *one, const serverfile *to, charts_error *error) {
  pthread_t thread;
  charts_value *answer = NULL;
  charts_value *body = charts_record();
  charts_record_set(body, "path", charts_text("/a/secret/place"));
  assert_int_equal(pthread_create(&thread, NULL, peer_run, one), 0);
  charts_status status = control_post(&answer, scratch_folder, to, "api/directories", body, error);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_null(answer);
  charts_value_free(body);
  return status;
}

static void an_answer_without_a_head_is_an_error(void **state) {
  (void)state;
  /* About the sizes that the answer's bytes grow to. */
  static const size_t sizes[] = {0, 1, 16, 100, 4095, 4096, 4097, 6144, 8192, 8193, 20000};
  charts_error error;
  peer one = {.listener = listen_somewhere(&content.port)};
  assert_true(one.listener >= 0);
  write_content();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    one.answers = sizes[i];
    one.came = 0;
    assert_int_equal(post(&one, &content, &error), CHARTS_SERVER);
    assert_non_null(strstr(error.message, "is not the server"));
    assert_true(one.came > 0);
  }
  close(one.listener);
}

static void assert_gets_nothing(peer *one, const serverfile *to) {
  charts_error error;
  one->came = 0;
  assert_int_equal(post(one, to, &error), CHARTS_SERVER);
  assert_non_null(strstr(error.message, "is not the server"));
  assert_int_equal(one->came, 0);
}

/* Another socket of the same user listens at the port of a server that has ended, or was replaced. */
static void who_came_after_the_server_gets_nothing(void **state) {
  (void)state;
  peer one = {.listener = listen_somewhere(&content.port), .answers = 100};
  assert_true(one.listener >= 0);
  const serverfile to = content;
  assert_gets_nothing(&one, &to); /* a new one starts */
  content.pid++;
  write_content();
  assert_gets_nothing(&one, &to);
  content = to;
  content.port ^= 1;
  write_content();
  assert_gets_nothing(&one, &to);
  content = to;
  content.token[0] = 'f';
  write_content();
  assert_gets_nothing(&one, &to);
  content = to;
  write_content();
  serverfile_drop(held, scratch_folder);
  held = -1;
  assert_gets_nothing(&one, &to); /* it has ended */
  close(one.listener);
}

/* The other user: says its port, then what came. */
_Noreturn static void other_run(int tell) {
  unsigned port = 0;
  char byte;
  bool other = setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it waits for no test that has failed */
  int listener = other ? listen_somewhere(&port) : -1;
  if (write(tell, &port, sizeof port) != (ssize_t)sizeof port || listener < 0)
    _exit(NO_LISTENER);
  int connection = accept(listener, NULL, NULL);
  _exit(recv(connection, &byte, 1, 0) == 0 ? NOTHING_CAME : SOMETHING_CAME);
}

/* While the file is held yet: as in the moment in which the kernel ends a process that was killed. */
static void another_user_gets_nothing(void **state) {
  (void)state;
  if (geteuid() != 0)
    skip();
  charts_error error;
  charts_value *answer = NULL;
  int ends[2];
  int status = 0;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0)
    other_run(ends[1]);
  assert_int_equal(read(ends[0], &content.port, sizeof content.port), sizeof content.port);
  assert_true(content.port > 0);
  write_content();
  assert_false(sockets_user_listens(content.port));
  assert_int_equal(control_post(&answer, scratch_folder, &content, "api/directories", NULL, &error), CHARTS_SERVER);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, NOTHING_CAME);
  close(ends[0]);
  close(ends[1]);
}

static void who_listens_is_known(void **state) {
  (void)state;
  unsigned port = 0;
  int many[64]; /* more rows than are read at once */
  int listener = listen_somewhere(&port);
  assert_true(listener >= 0);
  for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
    unsigned other = 0;
    many[i] = listen_somewhere(&other);
    assert_true(sockets_user_listens(other));
  }
  assert_true(sockets_user_listens(port));
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(connection, (const struct sockaddr *)&address, sizeof address), 0);
  int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  assert_true(accepted >= 0);
  close(listener);
  assert_false(sockets_user_listens(port)); /* a connection is no listener */
  close(connection);
  close(accepted);
  for (size_t i = 0; i < sizeof many / sizeof *many; i++)
    close(many[i]);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {ROW(an_answer_without_a_head_is_an_error),
                                     ROW(who_came_after_the_server_gets_nothing), ROW(another_user_gets_nothing),
                                     ROW(who_listens_is_known)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
