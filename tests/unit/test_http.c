/* The server on a socket: requests, WebSockets, the host left as it was, fork, a quick end. */
#include "client.h"

#include "http.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"

typedef struct seen {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  connection *viewer;
  int opened;
  int closed;
} seen;

static seen pages = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static http_server *server;

static void get_hello(void *context, http_request *request) {
  (void)context;
  char value[16] = "none";
  (void)http_query(request, "who", value, sizeof value);
  http_reply reply = {.status = 200, .type = "text/plain"};
  http_answer(request, &reply, value, strlen(value));
}

static void post_echo(void *context, http_request *request) {
  (void)context;
  buffer body = {0};
  http_reply reply = {.status = 200, .type = "application/json"};
  if (http_body(request, &body))
    http_answer(request, &reply, body.bytes, body.length);
  buffer_free(&body);
}

static void get_big(void *context, http_request *request) {
  (void)context;
  static char zeros[300000];
  http_reply reply = {.status = 200, .type = "text/plain"};
  memset(zeros, '0', sizeof zeros);
  http_answer(request, &reply, zeros, sizeof zeros);
}

static void get_segment(void *context, http_request *request) {
  (void)context;
  http_problem(request, 404, "no \"%s\" here", http_segment(request, 1));
}

static void get_live(void *context, http_request *request) {
  (void)context;
  (void)request;
}

/* Works for as long as somebody waits. */
static void get_long(void *context, http_request *request) {
  seen *to = context;
  pthread_mutex_lock(&to->mutex);
  to->opened++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
  while (!http_gone(request))
    sched_yield();
  pthread_mutex_lock(&to->mutex);
  to->closed++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
}

static void opened(void *context, http_request *request, connection *viewer) {
  seen *to = context;
  assert_string_equal(http_segment(request, 1), "live");
  pthread_mutex_lock(&to->mutex);
  to->viewer = viewer;
  to->opened++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
}

static void closed(void *context, connection *viewer) {
  seen *to = context;
  pthread_mutex_lock(&to->mutex);
  if (to->viewer == viewer)
    to->viewer = NULL;
  to->closed++;
  pthread_cond_broadcast(&to->changed);
  pthread_mutex_unlock(&to->mutex);
}

static const gate_route routes[] = {{"GET", "hello", false},   {"POST", "api/echo", false}, {"GET", "api/big", false},
                                    {"GET", "thing/*", false}, {"GET", "long", false},      {"GET", "api/live", true}};
static const http_handler handlers[] = {get_hello, post_echo, get_big, get_segment, get_long, get_live};

static http_options options_of(unsigned port) {
  return (http_options){.port = port,
                        .threads = 8,
                        .viewers = 6,
                        .token = TOKEN,
                        .routes = routes,
                        .handlers = handlers,
                        .route_count = 6,
                        .context = &pages,
                        .opened = opened,
                        .closed = closed};
}

static int start(void **state) {
  (void)state;
  charts_error error;
  http_options options = options_of(0);
  pages.opened = pages.closed = 0;
  return http_start(&server, &options, &error) == CHARTS_OK ? 0 : -1;
}

static int stop(void **state) {
  (void)state;
  http_stop(server);
  server = NULL;
  return 0;
}

static void wait_count(const int *count, int least) {
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  pthread_mutex_lock(&pages.mutex);
  while (*count < least)
    assert_int_equal(pthread_cond_timedwait(&pages.changed, &pages.mutex, &limit), 0);
  pthread_mutex_unlock(&pages.mutex);
}

static void requests_are_answered(void **state) {
  (void)state;
  const char *answer = client_ask(http_port(server), "GET", "/hello?x=1&who=a%20b", "", NULL);
  assert_int_equal(client_status(answer), 200);
  assert_string_equal(client_body(answer), "a b");
  assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none'"));
  assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff"));
  assert_string_equal(client_body(client_ask(http_port(server), "HEAD", "/hello", "", NULL)), "");
  assert_string_equal(client_body(client_ask(http_port(server), "POST", "/api/echo", BEARER, "{\"a\":1}")),
                      "{\"a\":1}");
  assert_int_equal(strlen(client_body(client_ask(http_port(server), "GET", "/api/big", BEARER, NULL))), 300000);
  answer = client_ask(http_port(server), "GET", "/thing/%3C%22%3E", "", NULL);
  assert_int_equal(client_status(answer), 404);
  assert_non_null(strstr(client_body(answer), "\"detail\":\"no \\\"<\\\">\\\" here\""));
}

static void refusals_come_before_handlers(void **state) {
  (void)state;
  assert_int_equal(client_status(client_ask(http_port(server), "POST", "/api/echo", "", "{}")), 401);
  assert_int_equal(client_status(client_ask(http_port(server), "GET", "/../hello", "", NULL)), 400);
  assert_int_equal(client_status(client_ask(http_port(server), "GET", "/hello", "Host: x\r\n", NULL)), 400);
  assert_int_equal(client_status(client_ask(http_port(server), "GET", "http://evil.example/", "", NULL)), 400);
  assert_int_equal(client_status(client_ask(http_port(server), "OPTIONS", "*", "", NULL)), 400);
  const char *answer = client_ask(http_port(server), "DELETE", "/hello", "", NULL);
  assert_int_equal(client_status(answer), 405);
  assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
}

static void messages_reach_a_page(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  wait_count(&pages.opened, 1);
  char text[400];
  memset(text, 'x', sizeof text);
  connection_post(pages.viewer, "hello", 5);
  connection_post(pages.viewer, text, sizeof text);
  assert_string_equal(client_message(page), "hello");
  assert_int_equal(strlen(client_message(page)), sizeof text);
  close(page);
  wait_count(&pages.closed, 1);
}

typedef struct chatter {
  int page;
  atomic_bool over;
} chatter;

/* Keeps the keeper looking: news to a page, one after another. */
static void *talk(void *context) {
  chatter *with = context;
  while (!atomic_load(&with->over)) {
    connection_post(pages.viewer, "news", 4);
    (void)client_message(with->page);
  }
  return NULL;
}

/* The keeper looks at any moment of an answer, and cuts none off. */
static void answers_are_whole_beside_news(void **state) {
  enum { ASKED = 12000 };
  (void)state;
  pthread_t talker;
  chatter with = {.page = client_upgrade(http_port(server), "/api/live", TOKEN)};
  wait_count(&pages.opened, 1);
  assert_int_equal(pthread_create(&talker, NULL, talk, &with), 0);
  int whole = 0;
  for (int i = 0; i < ASKED; i++)
    whole +=
        strncmp(client_ask(http_port(server), "GET", "/hello", "Connection: close\r\n", NULL), "HTTP/1.1 200", 12) == 0;
  atomic_store(&with.over, true);
  (void)pthread_join(talker, NULL);
  close(with.page);
  assert_int_equal(whole, ASKED);
}

/* A page that has moved on closes the connection of the request that it has left. */
static void who_is_gone_is_noticed(void **state) {
  (void)state;
  char request[256];
  (void)snprintf(request, sizeof request, "GET /long HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", http_port(server));
  int page = client_connect(http_port(server));
  client_send(page, request);
  wait_count(&pages.opened, 1);
  close(page);
  wait_count(&pages.closed, 1);
}

static void a_page_that_stops_reading_is_ended(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  wait_count(&pages.opened, 1);
  enum { BIG = 1 << 20 };
  char *text = calloc(1, BIG);
  assert_non_null(text);
  memset(text, 'x', BIG);
  for (bool there = true; there;) {
    pthread_mutex_lock(&pages.mutex);
    there = pages.viewer;
    if (there)
      connection_post(pages.viewer, text, BIG);
    pthread_mutex_unlock(&pages.mutex);
    assert_int_equal(client_status(client_ask(http_port(server), "GET", "/hello", "", NULL)), 200);
  }
  wait_count(&pages.closed, 1);
  free(text);
  close(page);
}

static void a_page_that_talks_too_much_is_ended(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  char head[] = {(char)0x82, (char)0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 1, 2, 3, 4};
  char bytes[4096] = {0};
  assert_int_equal(send(page, head, sizeof head, MSG_NOSIGNAL), (ssize_t)sizeof head);
  for (int i = 0; i < 100000 && send(page, bytes, sizeof bytes, MSG_NOSIGNAL) > 0; i++)
    continue;
  wait_count(&pages.closed, 1);
  close(page);
}

static void the_end_is_quick(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  int silent = client_connect(http_port(server));
  int half = client_connect(http_port(server));
  client_send(half, "GET /hel");
  assert_int_equal(client_status(client_ask(http_port(server), "GET", "/hello", "", NULL)), 200);
  wait_count(&pages.opened, 1);
  unsigned port = http_port(server);
  int64_t before = client_now_ms();
  http_stop(server);
  int64_t took = client_now_ms() - before;
  server = NULL;
  assert_true(took < 500); /* 100 ms on a machine that has nothing else to do */
  assert_int_equal(client_connect(port), -1);
  close(page);
  close(silent);
  close(half);
}

static int count_descriptors(void) {
  int count = 0;
  DIR *listed = opendir("/proc/self/fd");
  assert_non_null(listed);
  while (readdir(listed))
    count++;
  closedir(listed);
  return count;
}

/* Small messages go out at once. */
static void answers_do_not_wait_for_more(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  wait_count(&pages.opened, 1);
  struct sockaddr_in own = {0};
  socklen_t length = sizeof own;
  assert_int_equal(getsockname(page, (struct sockaddr *)&own, &length), 0);
  int served = 0;
  for (int descriptor = 3; descriptor < 1024; descriptor++) {
    struct sockaddr_in peer = {0};
    int delayed = 0;
    length = sizeof peer;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &length) != 0 || peer.sin_port != own.sin_port)
      continue;
    length = sizeof delayed;
    assert_int_equal(getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &delayed, &length), 0);
    assert_int_equal(delayed, 1);
    served++;
  }
  assert_true(served > 0);
  close(page);
}

/* Also those that were accepted and wait for a thread: civetweb forgets them. All threads are held, by as many pages.
 */
static void the_end_leaves_no_connection(void **state) {
  enum { THREADS = 64, QUEUED = 16 };
  (void)state;
  charts_error error;
  http_server *second = NULL;
  int clients[THREADS + QUEUED];
  http_options options = options_of(0);
  options.threads = options.viewers = THREADS;
  int before = count_descriptors();
  assert_int_equal(http_start(&second, &options, &error), CHARTS_OK);
  for (int i = 0; i < THREADS; i++)
    clients[i] = client_upgrade(http_port(second), "/api/live", TOKEN);
  int started = count_descriptors();
  for (int i = THREADS; i < THREADS + QUEUED; i++)
    clients[i] = client_connect(http_port(second));
  int64_t limit = client_now_ms() + 20000;
  while (count_descriptors() < started + 2 * QUEUED && client_now_ms() < limit)
    sched_yield();
  assert_int_equal(count_descriptors(), started + 2 * QUEUED); /* both ends of each */
  struct linger reset = {.l_onoff = 1};
  for (int i = THREADS; i < THREADS + QUEUED / 2; i++) {
    assert_int_equal(setsockopt(clients[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(clients[i]);
    clients[i] = -1;
  }
  http_stop(second);
  assert_int_equal(count_descriptors(), before + THREADS + QUEUED / 2);
  for (int i = 0; i < THREADS + QUEUED; i++) {
    char byte;
    while (recv(clients[i], &byte, 1, 0) > 0)
      continue;
    close(clients[i]);
  }
}

/* Two connected sockets of the host, at another address than ours. */
typedef struct host_sockets {
  int listener;
  int client;
  int accepted;
} host_sockets;

static host_sockets host_connect(void) {
  struct sockaddr_in own = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(server)), .sin_addr = {htonl(INADDR_LOOPBACK + 1)}};
  host_sockets of = {.listener = socket(AF_INET, SOCK_STREAM, 0), .client = socket(AF_INET, SOCK_STREAM, 0)};
  assert_int_equal(bind(of.listener, (struct sockaddr *)&own, sizeof own), 0);
  assert_int_equal(listen(of.listener, 1), 0);
  assert_int_equal(connect(of.client, (struct sockaddr *)&own, sizeof own), 0);
  of.accepted = accept(of.listener, NULL, NULL);
  assert_true(of.accepted >= 0);
  return of;
}

/* They carry bytes still, and are closed. */
static void host_disconnect(host_sockets of) {
  char byte = 0;
  assert_int_equal(send(of.accepted, "x", 1, MSG_NOSIGNAL), 1);
  assert_int_equal(recv(of.client, &byte, 1, 0), 1);
  assert_int_equal(byte, 'x');
  assert_int_equal(close(of.accepted), 0);
  assert_int_equal(close(of.client), 0);
  assert_int_equal(close(of.listener), 0);
}

static void a_taken_port_is_named(void **state) {
  (void)state;
  charts_error error;
  http_server *second = NULL;
  char number[16];
  http_options options = options_of(http_port(server));
  host_sockets own = host_connect();
  int idle = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(http_start(&second, &options, &error), CHARTS_SERVER);
  host_disconnect(own);
  assert_int_equal(close(idle), 0);
  snprintf(number, sizeof number, "%u", http_port(server));
  assert_non_null(strstr(error.message, number));
  options.port = 0;
  options.base_url = "not an address";
  assert_int_equal(http_start(&second, &options, &error), CHARTS_ARGUMENT);
}

static void a_base_address_is_allowed(void **state) {
  (void)state;
  charts_error error;
  http_server *second = NULL;
  http_options options = options_of(0);
  options.base_url = "https://hub.example/user/me/";
  assert_int_equal(http_start(&second, &options, &error), CHARTS_OK);
  int proxy = client_connect(http_port(second));
  client_send(proxy,
              "GET /hello HTTP/1.1\r\nHost: hub.example\r\nOrigin: https://hub.example\r\nConnection: close\r\n\r\n");
  const char *answer = client_receive(proxy);
  assert_int_equal(client_status(answer), 200);
  assert_non_null(strstr(answer, "file: https://hub.example"));
  close(proxy);
  http_stop(second);
}

static void handle_nothing(int number) {
  (void)number;
}

static void the_host_stays_as_it_was(void **state) {
  (void)state;
  charts_error error;
  http_server *second = NULL;
  struct sigaction own = {.sa_handler = handle_nothing};
  struct sigaction before;
  struct sigaction after;
  sigset_t mask_before;
  sigset_t mask_after;
  http_options options = options_of(0);
  assert_int_equal(sigaction(SIGPIPE, &own, &before), 0);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_before), 0);
  assert_int_equal(http_start(&second, &options, &error), CHARTS_OK);
  http_stop(second);
  assert_int_equal(sigaction(SIGPIPE, &before, &after), 0);
  assert_ptr_equal(after.sa_handler, handle_nothing);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_after), 0);
  for (int number = 1; number < 32; number++)
    assert_int_equal(sigismember(&mask_before, number), sigismember(&mask_after, number));
}

/* A service of the host that has the same port on another address is not taken for a connection of ours. */
static void the_hosts_own_sockets_are_left_alone(void **state) {
  (void)state;
  host_sockets own = host_connect();
  http_stop(server);
  server = NULL;
  host_disconnect(own);
}

static void a_forked_child_has_no_server(void **state) {
  (void)state;
  int page = client_upgrade(http_port(server), "/api/live", TOKEN);
  wait_count(&pages.opened, 1);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child ==
      0) { /* lives until the parent has stopped its server: the port must be free then, the page's connection closed */
    char byte;
    close(ends[1]);
    bool alive = http_alive(server);
    http_stop(server);
    ssize_t got = read(ends[0], &byte, 1);
    _exit(alive || got != 0 ? 1 : 0);
  }
  assert_true(child > 0);
  close(ends[0]);
  assert_int_equal(client_status(client_ask(http_port(server), "GET", "/hello", "", NULL)), 200);
  connection_post(pages.viewer, "still", 5);
  assert_string_equal(client_message(page), "still");
  unsigned port = http_port(server);
  http_stop(server);
  server = NULL;
  char byte;
  assert_true(recv(page, &byte, 1, 0) <= 0);
  assert_int_equal(client_connect(port), -1);
  close(ends[1]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  close(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(requests_are_answered, start, stop),
      cmocka_unit_test_setup_teardown(refusals_come_before_handlers, start, stop),
      cmocka_unit_test_setup_teardown(messages_reach_a_page, start, stop),
      cmocka_unit_test_setup_teardown(answers_are_whole_beside_news, start, stop),
      cmocka_unit_test_setup_teardown(who_is_gone_is_noticed, start, stop),
      cmocka_unit_test_setup_teardown(a_page_that_stops_reading_is_ended, start, stop),
      cmocka_unit_test_setup_teardown(a_page_that_talks_too_much_is_ended, start, stop),
      cmocka_unit_test_setup_teardown(the_end_is_quick, start, stop),
      cmocka_unit_test_setup_teardown(answers_do_not_wait_for_more, start, stop),
      cmocka_unit_test(the_end_leaves_no_connection),
      cmocka_unit_test_setup_teardown(a_taken_port_is_named, start, stop),
      cmocka_unit_test_setup_teardown(a_base_address_is_allowed, start, stop),
      cmocka_unit_test_setup_teardown(the_host_stays_as_it_was, start, stop),
      cmocka_unit_test_setup_teardown(the_hosts_own_sockets_are_left_alone, start, stop),
      cmocka_unit_test_setup_teardown(a_forked_child_has_no_server, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
