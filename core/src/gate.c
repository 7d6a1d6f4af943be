#include "gate.h"

#include "json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__attribute__((format(printf, 3, 4))) static bool refuse(gate_pass *pass, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(pass->detail, sizeof pass->detail, format, arguments);
  va_end(arguments);
  pass->status = status;
  return false;
}

/* The one value of a header; *count is how often it was sent. */
static const char *header(const gate_request *request, const char *name, size_t *count) {
  const char *value = NULL;
  *count = 0;
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0 && (*count)++ == 0)
      value = request->headers[i].value;
  return value;
}

static bool has_word(const char *list, const char *word) {
  size_t length = strlen(word);
  while (*list) {
    list += strspn(list, " \t,");
    size_t item = strcspn(list, " \t,");
    if (item == length && strncasecmp(list, word, length) == 0)
      return true;
    list += item;
  }
  return false;
}

/* Takes the time of the whole text, wherever the first difference is. */
static bool token_equal(const char *given, size_t length, const char *token) {
  if (length != GATE_TOKEN)
    return false;
  volatile unsigned difference = 0;
  for (size_t i = 0; i < GATE_TOKEN; i++)
    difference = difference | ((unsigned char)given[i] ^ (unsigned char)token[i]);
  return difference == 0;
}

/* ---- Head ---- */

static bool check_length(gate_pass *pass, const gate_request *request) {
  size_t lengths;
  size_t encodings;
  const char *length = header(request, "Content-Length", &lengths);
  (void)header(request, "Transfer-Encoding", &encodings);
  if (lengths > 1)
    return refuse(pass, 400, "Content-Length is given twice");
  if (lengths && encodings)
    return refuse(pass, 400, "Content-Length and Transfer-Encoding are given together");
  if (encodings)
    return refuse(pass, 411, "Transfer-Encoding is not supported: send a Content-Length");
  if (!length)
    return true;
  size_t digits = strspn(length, "0123456789");
  if (digits == 0 || length[digits])
    return refuse(pass, 400, "Content-Length is not a number");
  pass->body = digits > 9 ? (size_t)GATE_BODY + 1 : (size_t)strtoul(length, NULL, 10);
  return true;
}

/* Whether `host` is this server as a client of this machine names it. */
static bool own_host(const char *host, unsigned port) {
  static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char expected[32];
    snprintf(expected, sizeof expected, "%s:%u", names[i], port);
    if (strcasecmp(host, expected) == 0 || (port == 80 && strcasecmp(host, names[i]) == 0))
      return true;
  }
  return false;
}

static bool check_host(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  size_t count;
  const char *host = header(request, "Host", &count);
  if (count != 1)
    return refuse(pass, 400, count ? "Host is given twice" : "Host is missing");
  if (own_host(host, rules->port) || (rules->base_host && strcasecmp(host, rules->base_host) == 0))
    return true;
  return refuse(pass, 403, "this Host is not served here (a proxy's address is allowed by CHARTS_BASE_URL)");
}

static bool check_origin(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  size_t count;
  const char *origin = header(request, "Origin", &count);
  if (count > 1)
    return refuse(pass, 400, "Origin is given twice");
  if (!origin || (rules->base_origin && strcasecmp(origin, rules->base_origin) == 0))
    return true;
  if (strncmp(origin, "http://", 7) == 0 && own_host(origin + 7, rules->port))
    return true;
  return refuse(pass, 403, "requests of other origins are refused");
}

/* ---- Path ---- */

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

bool percent_decode(char *text, const char *from, size_t length) {
  size_t end = 0;
  for (size_t i = 0; i < length; i++) {
    char character = from[i];
    if (character == '%') {
      int high = i + 2 < length ? hex_digit(from[i + 1]) : -1;
      int low = i + 2 < length ? hex_digit(from[i + 2]) : -1;
      if (high < 0 || low < 0)
        return false;
      character = (char)(high * 16 + low);
      i += 2;
    }
    if (!character)
      return false;
    text[end++] = character;
  }
  text[end] = 0;
  return true;
}

void percent_encode(buffer *to, const char *text) {
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    if (isascii(byte) && (isalnum(byte) || strchr("-_.~", byte)))
      buffer_add_char(to, *text);
    else
      buffer_add_format(to, "%%%02X", byte);
  }
}

static bool segment_plain(gate_pass *pass, const char *segment) {
  if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
    return refuse(pass, 400, "the path holds a dot segment");
  for (const char *at = segment; *at; at++)
    if (*at == '/' || (unsigned char)*at < 0x20 || *at == 0x7f)
      return refuse(pass, 400, "the path holds an encoded slash or control character");
  if (!utf8_valid(segment, strlen(segment)))
    return refuse(pass, 400, "the path is not UTF-8");
  return true;
}

/* Splits and decodes the path. A final slash gives a last, empty segment. */
static bool split_path(gate_pass *pass, const char *uri) {
  if (uri[0] != '/')
    return refuse(pass, 400, "the request must name a path");
  size_t length = strlen(uri);
  if (length > 4096)
    return refuse(pass, 414, "the path is longer than 4096 bytes");
  pass->path = memory_new(length + GATE_SEGMENTS + 1);
  if (!pass->path)
    return refuse(pass, 503, "out of memory");
  char *write = pass->path;
  for (const char *at = uri + 1;; at++) {
    size_t part = strcspn(at, "/");
    if (pass->segment_count == GATE_SEGMENTS || (part == 0 && at[part]))
      return refuse(pass, 404, "there is no such page");
    if (!percent_decode(write, at, part))
      return refuse(pass, 400, "the path holds a bad escape");
    if (!segment_plain(pass, write))
      return false;
    pass->segments[pass->segment_count++] = write;
    write += strlen(write) + 1;
    at += part;
    if (!*at)
      return true;
  }
}

static bool matches(const gate_pass *pass, const char *pattern) {
  for (size_t i = 0; i < pass->segment_count; i++) {
    size_t part = strcspn(pattern, "/");
    bool any = part == 1 && *pattern == '*';
    if (any ? !*pass->segments[i] : strlen(pass->segments[i]) != part || strncmp(pass->segments[i], pattern, part) != 0)
      return false;
    pattern += part;
    bool last = i + 1 == pass->segment_count;
    if (last != !*pattern)
      return false;
    pattern += !last;
  }
  return true;
}

/* ---- Token ---- */

static bool bearer_valid(const gate_rules *rules, const gate_request *request) {
  size_t count;
  const char *value = header(request, "Authorization", &count);
  if (count != 1 || strncasecmp(value, "Bearer ", 7) != 0)
    return false;
  return token_equal(value + 7, strlen(value + 7), rules->token);
}

/* The subprotocols `charts.token.TOKEN, charts`: the server echoes the last one, which must not be the token. */
static bool subprotocol_valid(const gate_rules *rules, const gate_request *request) {
  static const char prefix[] = "charts.token.";
  size_t count;
  const char *list = header(request, "Sec-WebSocket-Protocol", &count);
  if (count != 1 || strncmp(list, prefix, strlen(prefix)) != 0)
    return false;
  const char *given = list + strlen(prefix);
  size_t length = strcspn(given, ", \t");
  const char *rest = given + length + strspn(given + length, " \t");
  if (*rest++ != ',')
    return false;
  rest += strspn(rest, " \t");
  return token_equal(given, length, rules->token) && strcmp(rest, "charts") == 0;
}

static bool upgrade_asked(const gate_request *request) {
  size_t count;
  const char *upgrade = header(request, "Upgrade", &count);
  const char *connection = header(request, "Connection", &count);
  return upgrade && connection && strcasecmp(upgrade, "websocket") == 0 && has_word(connection, "upgrade");
}

static bool check_token(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  if (strcmp(pass->segments[0], "api") != 0)
    return true;
  pass->trusted = bearer_valid(rules, request) || (upgrade_asked(request) && subprotocol_valid(rules, request));
  if (pass->trusted)
    return true;
  return refuse(
      pass, 401,
      "the token is missing or wrong: open the address that the library printed, or that `charts url` prints");
}

/* ---- Route and body ---- */

static bool method_is(const char *method, const char *route) {
  return strcmp(method, route) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route, "GET") == 0);
}

static bool find_route(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  bool api = strcmp(pass->segments[0], "api") == 0;
  for (size_t i = 0; i < rules->route_count; i++) {
    const gate_route *route = &rules->routes[i];
    if (api != (strncmp(route->pattern, "api/", 4) == 0) || !matches(pass, route->pattern))
      continue;
    if (method_is(request->method, route->method)) {
      pass->route = i;
      return true;
    }
    size_t used = strlen(pass->allow);
    const char *methods = strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method;
    snprintf(pass->allow + used, sizeof pass->allow - used, "%s%s", used ? ", " : "", methods);
  }
  if (pass->allow[0])
    return refuse(pass, 405, "this address answers %s only", pass->allow);
  return refuse(pass, 404, "there is no such page");
}

static bool check_upgrade(gate_pass *pass, const gate_request *request) {
  size_t count;
  const char *version = header(request, "Sec-WebSocket-Version", &count);
  const char *key = header(request, "Sec-WebSocket-Key", &count);
  if (strcmp(request->method, "GET") != 0 || !upgrade_asked(request) || !version || strcmp(version, "13") != 0)
    return refuse(pass, 426, "this address is a WebSocket (version 13)");
  if (count != 1 || strlen(key) != 24)
    return refuse(pass, 400, "Sec-WebSocket-Key is missing or wrong");
  return true;
}

static bool check_body(gate_pass *pass, const gate_request *request) {
  size_t count;
  if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
    return pass->body == 0 || refuse(pass, 400, "a %s request has no body", request->method);
  const char *type = header(request, "Content-Type", &count);
  size_t length = type ? strcspn(type, "; \t") : 0;
  if (count != 1 || length != strlen("application/json") || strncasecmp(type, "application/json", length) != 0)
    return refuse(pass, 415, "the body must be application/json");
  if (!header(request, "Content-Length", &count))
    return refuse(pass, 411, "Content-Length is missing");
  if (pass->body > GATE_BODY)
    return refuse(pass, 413, "the body is longer than 1 MiB");
  return true;
}

static bool check_head(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  if (request->header_count >= GATE_HEADERS)
    return refuse(pass, 431, "the request has too many headers");
  if (strcmp(request->version, "1.1") != 0 && strcmp(request->version, "1.0") != 0)
    return refuse(pass, 505, "HTTP 1.1 is spoken here");
  if (request->query && strlen(request->query) > 1024)
    return refuse(pass, 414, "the query is longer than 1024 bytes");
  return check_length(pass, request) && check_host(pass, rules, request) && check_origin(pass, rules, request);
}

void gate_judge(gate_pass *pass, const gate_rules *rules, const gate_request *request) {
  memset(pass, 0, sizeof *pass);
  if (!check_head(pass, rules, request))
    return;
  if (strcmp(request->method, "OPTIONS") == 0) {
    refuse(pass, 403, "requests of other origins are refused");
    return;
  }
  if (!split_path(pass, request->uri) || !check_token(pass, rules, request) || !find_route(pass, rules, request))
    return;
  if (rules->routes[pass->route].socket)
    (void)(check_upgrade(pass, request) && check_body(pass, request));
  else if (upgrade_asked(request))
    refuse(pass, 400, "this address is not a WebSocket");
  else
    (void)check_body(pass, request);
}

void gate_pass_free(gate_pass *pass) {
  free(pass->path);
  memset(pass, 0, sizeof *pass);
}

bool gate_base(const char *url, char **host, char **origin) {
  const char *start = strstr(url, "://");
  *host = *origin = NULL;
  if (!start || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
    return false;
  start += 3;
  size_t length = strcspn(start, "/?#");
  if (length == 0 || memchr(start, '@', length) || strcspn(start, " \t\r\n;,'\"") < length)
    return false;
  const char *usual = url[4] == 's' ? ":443" : ":80"; /* which no browser sends */
  size_t tail = strlen(usual);
  if (length > tail && strncmp(start + length - tail, usual, tail) == 0)
    length -= tail;
  *host = memory_text(start, length);
  *origin = memory_text(url, (size_t)(start - url) + length);
  return *host && *origin;
}
