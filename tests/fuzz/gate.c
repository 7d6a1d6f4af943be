/* Any request before the gate: what passes satisfies every rule, looked at here in another way; what is refused has an
 * HTTP status and says why.
 *
 * The input is text: method, path, query, version, then a header a line, `Name: value`. Where it says TOKEN, the token
 * is put, so that requests get through. */
#include "fuzz.h"

#include "gate.h"
#include "json.h"
#include "routes.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

enum { HEADERS_MOST = 80 };

typedef struct request {
  gate_header headers[HEADERS_MOST];
  gate_request parsed;
  char *text;
} request;

static void read_request(request *into, const uint8_t *bytes, size_t length) {
  buffer text = {0};
  for (size_t i = 0; i < length; i++) {
    if (length - i >= 5 && memcmp(bytes + i, "TOKEN", 5) == 0) {
      buffer_add_text(&text, TOKEN);
      i += 4;
    } else if (bytes[i] != '\0') { /* civetweb hands C strings over */
      buffer_add_char(&text, (char)bytes[i]);
    }
  }
  buffer_add(&text, "", 0);
  fuzz_require(!text.failed, "out of memory");
  *into = (request){.text = text.bytes};
  char *at = text.bytes;
  const char *first[4];
  for (size_t i = 0; i < 4; i++) {
    first[i] = at;
    at += strcspn(at, "\n");
    if (*at != '\0')
      *at++ = '\0';
  }
  into->parsed = (gate_request){.method = first[0],
                                .uri = first[1],
                                .query = first[2][0] != '\0' ? first[2] : NULL,
                                .version = first[3],
                                .headers = into->headers};
  while (*at != '\0' && into->parsed.header_count < HEADERS_MOST) {
    char *line = at;
    at += strcspn(at, "\n");
    if (*at != '\0')
      *at++ = '\0';
    char *colon = strchr(line, ':');
    if (colon == NULL)
      continue;
    *colon++ = '\0';
    into->headers[into->parsed.header_count++] = (gate_header){line, colon + strspn(colon, " ")};
  }
}

/* The value of a header that stands there once; NULL otherwise. */
static const char *one(const gate_request *of, const char *name) {
  const char *value = NULL;
  size_t count = 0;
  for (size_t i = 0; i < of->header_count; i++) {
    if (strcasecmp(of->headers[i].name, name) != 0)
      continue;
    value = of->headers[i].value;
    count++;
  }
  return count == 1 ? value : NULL;
}

/* Of several the first, as civetweb takes it. */
static const char *first_of(const gate_request *of, const char *name) {
  for (size_t i = 0; i < of->header_count; i++)
    if (strcasecmp(of->headers[i].name, name) == 0)
      return of->headers[i].value;
  return NULL;
}

static bool given(const gate_request *of, const char *name) {
  return first_of(of, name) != NULL;
}

static bool is_one_of(const char *text, const char *const *list) {
  for (; text != NULL && *list != NULL; list++)
    if (strcasecmp(text, *list) == 0)
      return true;
  return false;
}

static bool has_token(const gate_request *of) {
  const char *bearer = one(of, "Authorization");
  if (bearer != NULL && strncasecmp(bearer, "Bearer ", 7) == 0 && strcmp(bearer + 7, TOKEN) == 0)
    return true;
  const char *upgrade = first_of(of, "Upgrade");
  const char *offered = one(of, "Sec-WebSocket-Protocol");
  return upgrade != NULL && strcasecmp(upgrade, "websocket") == 0 && offered != NULL &&
         strncmp(offered, "charts.token." TOKEN, strlen("charts.token." TOKEN)) == 0 &&
         strchr(", \t", offered[strlen("charts.token." TOKEN)]) != NULL;
}

static void check_segments(const gate_pass *pass) {
  fuzz_require(pass->segment_count >= 1 && pass->segment_count <= GATE_SEGMENTS, "%zu segments", pass->segment_count);
  for (size_t i = 0; i < pass->segment_count; i++) {
    const char *segment = pass->segments[i];
    fuzz_require(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 && strchr(segment, '/') == NULL,
                 "a segment %s", segment);
    fuzz_require(utf8_valid(segment, strlen(segment)), "a segment that is no UTF-8");
    for (const char *at = segment; *at != '\0'; at++)
      fuzz_require((unsigned char)*at >= 0x20 && *at != 0x7f, "a control character in a segment");
  }
}

static void check_passed(const gate_pass *pass, const gate_rules *rules, const gate_request *of) {
  static const char *const hosts[] = {"127.0.0.1:4711", "localhost:4711", "[::1]:4711", "hub.example", NULL};
  static const char *const origins[] = {"http://127.0.0.1:4711", "http://localhost:4711", "http://[::1]:4711",
                                        "https://hub.example", NULL};
  const gate_route *route = &rules->routes[pass->route];
  fuzz_require(pass->route < rules->route_count, "route %zu", pass->route);
  fuzz_require(is_one_of(one(of, "Host"), hosts), "a foreign host passes");
  fuzz_require(!given(of, "Origin") || is_one_of(one(of, "Origin"), origins), "a foreign origin passes");
  fuzz_require(of->header_count < GATE_HEADERS && strlen(of->uri) <= 4096, "a request that is too long passes");
  check_segments(pass);
  bool api = strcmp(pass->segments[0], "api") == 0;
  fuzz_require(api == (strncmp(route->pattern, "api/", 4) == 0), "a route of the other kind");
  fuzz_require(!api || has_token(of), "a request without the token passes");
  bool reads = strcmp(of->method, "GET") == 0 || strcmp(of->method, "HEAD") == 0;
  fuzz_require(strcmp(of->method, route->method) == 0 || (reads && strcmp(route->method, "GET") == 0),
               "the method %s passes", of->method);
  fuzz_require(!given(of, "Transfer-Encoding"), "an encoded body passes");
  fuzz_require(pass->body <= GATE_BODY && (!reads || pass->body == 0), "a body of %zu bytes passes", pass->body);
  fuzz_require(reads || (one(of, "Content-Length") != NULL && one(of, "Content-Type") != NULL &&
                         strncasecmp(one(of, "Content-Type"), "application/json", 16) == 0),
               "a body of another type passes");
  fuzz_require(!route->socket || (one(of, "Sec-WebSocket-Key") != NULL && given(of, "Upgrade")),
               "a request that asks for no WebSocket passes");
}

/* What was encoded is decoded to the same. */
static void check_escapes(const uint8_t *bytes, size_t length) {
  char *text = memory_text((const char *)bytes, length);
  char *back = malloc(length * 3 + 1);
  buffer encoded = {0};
  fuzz_require(text != NULL && back != NULL, "out of memory");
  percent_encode(&encoded, text);
  buffer_add(&encoded, "", 0);
  fuzz_require(percent_decode(back, encoded.bytes, encoded.length) && strcmp(back, text) == 0, "another text: %s",
               encoded.bytes);
  if (percent_decode(back, text, strlen(text)))
    fuzz_require(strlen(back) <= strlen(text), "a longer text");
  char *host = NULL;
  char *origin = NULL;
  if (gate_base(text, &host, &origin))
    fuzz_require(strstr(text, host) != NULL && strncmp(text, origin, strlen(origin)) == 0 && strchr(host, '/') == NULL,
                 "another host: %s", host);
  free(host);
  free(origin);
  buffer_free(&encoded);
  free(back);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  request asked;
  gate_pass pass;
  gate_rules rules = {.port = 4711, .token = TOKEN, .base_host = "hub.example", .base_origin = "https://hub.example"};
  rules.routes = routes_table(&rules.route_count);
  read_request(&asked, bytes, length);
  gate_judge(&pass, &rules, &asked.parsed);
  if (pass.status == 0)
    check_passed(&pass, &rules, &asked.parsed);
  else
    fuzz_require(pass.status >= 400 && pass.status < 600 && pass.detail[0] != '\0' &&
                     (pass.status != 405 || pass.allow[0] != '\0'),
                 "status %d: %s", pass.status, pass.detail);
  gate_pass_free(&pass);
  free(asked.text);
  check_escapes(bytes, length);
  return 0;
}
