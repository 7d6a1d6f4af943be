/* The gate, request by request, without a socket. */
#include "cmocka_all.h"

#include "gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define LONGER "0123456789abcdef0123456789abcdef0"
#define OFFER "charts.token.0123456789abcdef0123456789abcdef, charts"

static const gate_route routes[] = {
    {"GET", "", false},
    {"GET", "*/", false},
    {"GET", "*", false},
    {"GET", "api/things", false},
    {"POST", "api/things", false},
    {"PUT", "api/d/*/it/*", false},
    {"GET", "api/d/*/live", true},
};

typedef struct given {
  const char *method;
  const char *uri;
  const char *headers[12]; /* name, value, … besides Host and Authorization */
  const char *host;        /* NULL: ours */
  const char *token;       /* NULL: the right one; "": none */
} given;

static void judge(gate_pass *pass, const given *from) {
  gate_header headers[16];
  size_t count = 0;
  static char bearer[128];
  headers[count++] = (gate_header){"host", from->host ? from->host : "127.0.0.1:4711"};
  if (!from->token || *from->token) {
    snprintf(bearer, sizeof bearer, "Bearer %s", from->token ? from->token : TOKEN);
    headers[count++] = (gate_header){"authorization", bearer};
  }
  for (size_t i = 0; i + 1 < 12 && from->headers[i]; i += 2)
    headers[count++] = (gate_header){from->headers[i], from->headers[i + 1]};
  gate_request request = {
      .method = from->method, .uri = from->uri, .version = "1.1", .headers = headers, .header_count = count};
  gate_rules rules = {.port = 4711,
                      .token = TOKEN,
                      .base_host = "hub.example",
                      .base_origin = "https://hub.example",
                      .routes = routes,
                      .route_count = sizeof routes / sizeof *routes};
  gate_judge(pass, &rules, &request);
}

static int status_of(const given *from) {
  gate_pass pass;
  judge(&pass, from);
  int status = pass.status;
  assert_true(status == 0 || pass.detail[0]);
  gate_pass_free(&pass);
  return status;
}

#define STATUS(...) status_of(&(const given){__VA_ARGS__})
#define JSON "Content-Type", "application/json", "Content-Length", "2"

static void good_requests_pass(void **state) {
  (void)state;
  gate_pass pass;
  assert_int_equal(STATUS(.method = "GET", .uri = "/", .token = ""), 0);
  assert_int_equal(STATUS(.method = "HEAD", .uri = "/stocks/", .token = ""), 0);
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/things"), 0);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON}), 0);
  judge(&pass, &(const given){.method = "PUT",
                              .uri = "/api/d/a%20b/it/x%252Fy",
                              .headers = {"content-type", "application/json; charset=utf-8", "content-length", "7"}});
  assert_int_equal(pass.status, 0);
  assert_int_equal(pass.route, 5);
  assert_int_equal(pass.segment_count, 5);
  assert_string_equal(pass.segments[2], "a b");
  assert_string_equal(pass.segments[4], "x%2Fy");
  assert_int_equal(pass.body, 7);
  gate_pass_free(&pass);
}

static void hosts_are_ours_or_allowed(void **state) {
  (void)state;
  static const char *const ours[] = {"127.0.0.1:4711", "localhost:4711", "[::1]:4711",
                                     "LOCALHOST:4711", "hub.example",    "Hub.Example"};
  static const char *const foreign[] = {
      "", "127.0.0.1", "127.0.0.1:47110", "evil.example:4711", "hub.example:4711", "hub.example.evil", "[::1]"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    assert_int_equal(STATUS(.method = "GET", .uri = "/", .host = ours[i]), 0);
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    assert_int_equal(STATUS(.method = "GET", .uri = "/", .host = foreign[i]), 403);
  assert_int_equal(STATUS(.method = "GET", .uri = "/", .headers = {"Host", "127.0.0.1:4711"}), 400);
}

static void origins_are_exact(void **state) {
  (void)state;
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON, "Origin", "http://localhost:4711"}),
                   0);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON, "Origin", "https://hub.example"}),
                   0);
  static const char *const foreign[] = {"null",
                                        "",
                                        "https://127.0.0.1:4711",
                                        "http://127.0.0.1:47110",
                                        "http://127.0.0.1:4711/",
                                        "http://hub.example",
                                        "https://hub.example.evil"};
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON, "Origin", foreign[i]}), 403);
}

static void the_token_is_needed_below_api(void **state) {
  (void)state;
  static const char *const wrong[] = {"", "0", "0123456789abcdef0123456789abcdee", LONGER,
                                      "0123456789ABCDEF0123456789ABCDEF"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(STATUS(.method = "GET", .uri = "/api/things", .token = wrong[i]), 401);
    assert_int_equal(STATUS(.method = "DELETE", .uri = "/api/nothing", .token = wrong[i]), 401);
  }
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/nothing"), 404);
}

static void methods_have_their_answer(void **state) {
  (void)state;
  gate_pass pass;
  assert_int_equal(STATUS(.method = "OPTIONS", .uri = "/"), 403);
  assert_int_equal(STATUS(.method = "OPTIONS", .uri = "/api/things", .token = ""), 403);
  judge(&pass, &(const given){.method = "DELETE", .uri = "/api/things"});
  assert_int_equal(pass.status, 405);
  assert_string_equal(pass.allow, "GET, HEAD, POST");
  gate_pass_free(&pass);
}

static void paths_do_not_climb(void **state) {
  (void)state;
  static const char *const bad[] = {"/..", "/../",  "/%2e%2e/", "/.%2E/x",        "/api/d/a%2fb/it/x", "/a%00/",
                                    "/%",  "/%zz/", "/%ff/",    "/a%0a/",         "http://x/",         "*",
                                    "",    "//",    "/a//",     "/1/2/3/4/5/6/7", "/api/things/"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int status = STATUS(.method = "GET", .uri = bad[i]);
    assert_true(status == 400 || status == 404);
  }
}

static void bodies_are_framed(void **state) {
  (void)state;
  const char *type = "application/json";
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", type}), 411);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Length", "2"}), 415);
  assert_int_equal(
      STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", "text/plain", "Content-Length", "2"}),
      415);
  assert_int_equal(
      STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", type, "Content-Length", "1048577"}),
      413);
  assert_int_equal(
      STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", type, "Content-Length", "1048576"}),
      0);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things",
                          .headers = {"Content-Type", type, "Content-Length", "99999999999999999999999"}),
                   413);
  assert_int_equal(
      STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", type, "Content-Length", "2x"}), 400);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON, "Content-Length", "2"}), 400);
  assert_int_equal(STATUS(.method = "POST", .uri = "/api/things", .headers = {JSON, "Transfer-Encoding", "chunked"}),
                   400);
  assert_int_equal(
      STATUS(.method = "POST", .uri = "/api/things", .headers = {"Content-Type", type, "Transfer-Encoding", "chunked"}),
      411);
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/things", .headers = {"Content-Length", "1"}), 400);
}

#define SOCKET(protocol)                                                                                               \
  "Upgrade", "websocket", "Connection", "keep-alive, Upgrade", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key",     \
      "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", protocol

static void upgrades_bring_the_token_in_their_protocols(void **state) {
  (void)state;
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/d/x/live", .headers = {SOCKET(OFFER)}, .token = ""), 0);
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/d/x/live",
                          .headers = {SOCKET("charts.token.0123456789abcdef0123456789abcdef,charts")}, .token = ""),
                   0);
  static const char *const wrong[] = {"charts", "charts.token.0123456789abcdef0123456789abcdef",
                                      "charts, charts.token.0123456789abcdef0123456789abcdef", "charts.token.x, charts",
                                      "charts.token.0123456789abcdef0123456789abcdef, charts, x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(STATUS(.method = "GET", .uri = "/api/d/x/live", .headers = {SOCKET(wrong[i])}, .token = ""), 401);
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/d/x/live"), 426);
  assert_int_equal(STATUS(.method = "GET", .uri = "/api/things", .headers = {SOCKET(OFFER)}), 400);
}

static void too_many_headers_are_refused(void **state) {
  (void)state;
  gate_header headers[GATE_HEADERS] = {{"Host", "127.0.0.1:4711"}};
  for (size_t i = 1; i < GATE_HEADERS; i++)
    headers[i] = (gate_header){"X", "y"};
  gate_rules rules = {.port = 4711, .token = TOKEN, .routes = routes, .route_count = 1};
  gate_request request = {
      .method = "GET", .uri = "/", .version = "1.1", .headers = headers, .header_count = GATE_HEADERS};
  gate_pass pass;
  gate_judge(&pass, &rules, &request);
  assert_int_equal(pass.status, 431);
  gate_pass_free(&pass);
  request.header_count--;
  gate_judge(&pass, &rules, &request);
  assert_int_equal(pass.status, 0);
  gate_pass_free(&pass);
}

static void base_addresses_are_read(void **state) {
  (void)state;
  char *host;
  char *origin;
  assert_true(gate_base("https://hub.example:8000/user/me/proxy/1/", &host, &origin));
  assert_string_equal(host, "hub.example:8000");
  assert_string_equal(origin, "https://hub.example:8000");
  free(host);
  free(origin);
  assert_true(gate_base("https://hub.example:443/", &host, &origin)); /* no browser sends the usual port */
  assert_string_equal(host, "hub.example");
  assert_string_equal(origin, "https://hub.example");
  free(host);
  free(origin);
  static const char *const bad[] = {
      "", "hub.example", "ftp://x/", "https://", "https://u@x/", "https://x;y/", "https:///x", "https://x\r\ny/"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(gate_base(bad[i], &host, &origin));
}

static void segments_are_encoded(void **state) {
  (void)state;
  char plain[64];
  buffer text = {0};
  percent_encode(&text, "a b/\xc3\xa4~%.");
  assert_string_equal(text.bytes, "a%20b%2F%C3%A4~%25.");
  assert_true(percent_decode(plain, text.bytes, text.length));
  assert_string_equal(plain, "a b/\xc3\xa4~%.");
  assert_false(percent_decode(plain, "%4", 2));
  assert_false(percent_decode(plain, "%00", 3));
  buffer_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_requests_pass),
      cmocka_unit_test(hosts_are_ours_or_allowed),
      cmocka_unit_test(origins_are_exact),
      cmocka_unit_test(the_token_is_needed_below_api),
      cmocka_unit_test(methods_have_their_answer),
      cmocka_unit_test(paths_do_not_climb),
      cmocka_unit_test(bodies_are_framed),
      cmocka_unit_test(upgrades_bring_the_token_in_their_protocols),
      cmocka_unit_test(too_many_headers_are_refused),
      cmocka_unit_test(base_addresses_are_read),
      cmocka_unit_test(segments_are_encoded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
