/* Requests and answers, and civetweb's callbacks; the server's begin and end are in httpstart.c. */
#include "httpserver.h"

#include "headers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROBLEM "application/problem+json"
#define TOO_SLOW "the request came too slowly"

/* ---- Answers ---- */

bool http_gone(const http_request *request) {
  return request->from && connection_gone(request->from->link);
}

bool http_write(http_request *request, const void *bytes, size_t length) {
  enum { PIECE = 64 * 1024 };
  const char *at = bytes;
  while (length) {
    size_t piece = length < PIECE ? length : PIECE;
    if (request->from)
      connection_enter(request->from->link, CONNECTION_WRITING);
    if (mg_write(request->civet, at, piece) != (int)piece) {
      mg_disable_connection_keep_alive(request->civet);
      return false;
    }
    at += piece;
    length -= piece;
  }
  if (request->from)
    connection_enter(request->from->link, CONNECTION_WORKING);
  return true;
}

static void head_write(buffer *to, const http_server *server, bool close, const http_reply *reply, uint64_t length) {
  buffer_add_format(to, "HTTP/1.1 %d %s\r\n", reply->status, headers_phrase(reply->status));
  if (reply->type)
    buffer_add_format(to, "Content-Type: %s\r\n", reply->type);
  if (reply->status != 304)
    buffer_add_format(to, "Content-Length: %llu\r\n", (unsigned long long)length);
  buffer_add_format(to, "Cache-Control: %s\r\n", reply->cache ? reply->cache : "no-store");
  if (reply->headers)
    buffer_add_text(to, reply->headers);
  buffer_add_text(to, server->security);
  buffer_add_format(to, "Connection: %s\r\n\r\n", close ? "close" : "keep-alive");
}

static void answer(http_request *request, const http_reply *reply, const void *body, size_t length,
                   uint64_t announced) {
  buffer text = {0};
  if (request->answered)
    return;
  request->answered = true;
  if (request->close)
    mg_disable_connection_keep_alive(request->civet);
  if (request->from)
    connection_answer(request->from->link, announced);
  head_write(&text, request->server, request->close, reply, announced);
  if (!request->head && length)
    buffer_add(&text, body, length);
  if (text.failed)
    mg_disable_connection_keep_alive(request->civet);
  else
    (void)http_write(request, text.bytes, text.length);
  buffer_free(&text);
}

char *http_late_answer(const http_server *server) {
  buffer text = {0};
  buffer body = {0};
  http_reply reply = {.status = 408, .type = PROBLEM};
  headers_problem(&body, reply.status, TOO_SLOW);
  head_write(&text, server, true, &reply, body.length);
  buffer_add(&text, body.bytes, body.length);
  bool failed = text.failed || body.failed;
  buffer_free(&body);
  if (!failed)
    return text.bytes;
  buffer_free(&text);
  return NULL;
}

void http_answer(http_request *request, const http_reply *reply, const void *body, size_t length) {
  if (length < 64 * 1024) {
    answer(request, reply, body, length, length);
  } else if (http_begin(request, reply, length)) {
    (void)http_write(request, body, length);
  }
}

bool http_begin(http_request *request, const http_reply *reply, uint64_t length) {
  answer(request, reply, NULL, 0, length);
  return !request->head;
}

void http_abort(http_request *request) {
  mg_disable_connection_keep_alive(request->civet);
}

/* Whether a person opened the address: a page asks for JSON, and is under /api/. */
static bool wants_page(const http_request *request) {
  const char *accepted = mg_get_header(request->civet, "Accept");
  return accepted && strstr(accepted, "text/html") && strcmp(http_segment(request, 0), "api") != 0;
}

static void problem(http_request *request, int status, const char *headers, const char *detail) {
  buffer text = {0};
  bool page = wants_page(request);
  http_reply reply = {.status = status, .type = page ? "text/html; charset=utf-8" : PROBLEM, .headers = headers};
  if (page)
    headers_page(&text, status, detail);
  else
    headers_problem(&text, status, detail);
  http_answer(request, &reply, text.failed ? "{}" : text.bytes, text.failed ? 2 : text.length);
  buffer_free(&text);
}

void http_problem(http_request *request, int status, const char *format, ...) {
  char detail[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  problem(request, status, NULL, detail);
}

/* ---- What was asked ---- */

const char *http_segment(const http_request *request, size_t place) {
  return place < request->pass->segment_count ? request->pass->segments[place] : "";
}

const char *http_header(const http_request *request, const char *name) {
  return mg_get_header(request->civet, name);
}

bool http_query(const http_request *request, const char *name, char *value, size_t room) {
  const char *query = mg_get_request_info(request->civet)->query_string;
  size_t length = strlen(name);
  for (; query && *query; query += strcspn(query, "&"), query += *query == '&') {
    size_t part = strcspn(query, "&");
    if (part <= length || query[length] != '=' || strncmp(query, name, length) != 0)
      continue;
    part -= length + 1;
    return part < room && percent_decode(value, query + length + 1, part);
  }
  return false;
}

bool http_body(http_request *request, buffer *body) {
  size_t rest = request->pass->body;
  connection *link = request->from->link;
  char *room = buffer_room(body, rest);
  connection_enter(link, CONNECTION_READING);
  while (room && rest) {
    int got = mg_read(request->civet, room + request->pass->body - rest, rest);
    if (got <= 0 || (size_t)got > rest)
      break;
    rest -= (size_t)got;
  }
  connection_enter(link, CONNECTION_WORKING);
  if (room && !rest) {
    buffer_grew(body, request->pass->body);
    return true;
  }
  request->close = true;
  if (!room)
    http_problem(request, 503, "out of memory");
  else if (connection_late(link))
    http_problem(request, 408, TOO_SLOW);
  else
    http_problem(request, 400, "the body is shorter than Content-Length says");
  return false;
}

/* ---- civetweb's callbacks ---- */

static http_server *server_of(const struct mg_connection *civet) {
  return mg_get_user_context_data(civet);
}

/* The server's port: civetweb tells it only with a request. */
unsigned http_context_port(const struct mg_context *context) {
  struct mg_server_port port = {0};
  return mg_get_server_ports(context, 1, &port) == 1 ? (unsigned)port.port : 0;
}

static int on_connection(const struct mg_connection *civet, void **data) {
  http_server *server = server_of(civet);
  peer *from = memory_new_zeroed(1, sizeof *from);
  if (from)
    from->link = connections_add(server->all, http_context_port(mg_get_context(civet)));
  if (from && !from->link) {
    free(from);
    from = NULL;
  }
  *data = from;
  return 0;
}

/* The connection's user data, its socket known; NULL when there is none. A peer is known by its port: civetweb closes
 * connections from other loopback addresses at once. */
static peer *peer_of(const struct mg_connection *civet) {
  peer *from = mg_get_user_connection_data(civet);
  const struct mg_request_info *info = mg_get_request_info(civet);
  return from && info && connection_identify(from->link, (unsigned)info->remote_port) ? from : NULL;
}

/* What civetweb refuses by itself, such as a request that does not parse, is answered like everything else. */
static int on_error(struct mg_connection *civet, int status, const char *message) {
  (void)message;
  static const gate_pass none;
  http_request request = {
      .server = server_of(civet), .civet = civet, .from = peer_of(civet), .pass = &none, .close = true};
  if (request.from)
    request.from->failed = true;
  if (request.from && connection_late(request.from->link))
    return 0; /* the keeper has answered 408 */
  http_problem(&request, status, "the request is not valid HTTP");
  if (request.from)
    connection_drain(request.from->link);
  return 0;
}

/* civetweb drops a request that names another server's address, or `*`, without a word. */
static void answer_dropped(const struct mg_connection *civet, const peer *from) {
  const struct mg_request_info *info = mg_get_request_info(civet);
  if (info && info->request_uri && !info->local_uri && !from->failed)
    (void)on_error((struct mg_connection *)(uintptr_t)civet, 400, "");
}

/* Called before civetweb closes the socket, which it may give to another client afterwards. */
static void on_close(const struct mg_connection *civet) {
  peer *from = mg_get_user_connection_data(civet);
  if (!from)
    return;
  http_server *server = server_of(civet);
  answer_dropped(civet, peer_of(civet) ? from : &(const peer){.failed = true});
  if (from->opened)
    server->options.closed(server->options.context, from->link);
  gate_pass_free(&from->pass);
  connection_remove(from->link);
  free(from);
}

static void on_end(const struct mg_connection *civet, int status) {
  (void)status;
  peer *from = mg_get_user_connection_data(civet);
  if (from)
    connection_enter(from->link, CONNECTION_WAITING);
}

static int on_message(const struct mg_connection *civet, const char *message) {
  (void)civet;
  (void)message;
  return 1; /* nothing is written to the host's stderr */
}

static void judge(gate_pass *pass, const http_server *server, const struct mg_connection *civet) {
  const struct mg_request_info *info = mg_get_request_info(civet);
  gate_header headers[GATE_HEADERS];
  size_t count = info->num_headers > 0 ? (size_t)info->num_headers : 0;
  for (size_t i = 0; i < count && i < GATE_HEADERS; i++)
    headers[i] = (gate_header){info->http_headers[i].name, info->http_headers[i].value};
  gate_request request = {.method = info->request_method,
                          .uri = info->request_uri,
                          .query = info->query_string,
                          .version = info->http_version,
                          .headers = headers,
                          .header_count = count};
  gate_rules rules = server->rules;
  rules.port = (unsigned)info->server_port;
  gate_judge(pass, &rules, &request);
}

static void refuse(http_request *request) {
  const gate_pass *pass = request->pass;
  char headers[128] = "";
  if (pass->status == 401)
    snprintf(headers, sizeof headers, "WWW-Authenticate: Bearer realm=\"charts\"\r\n");
  else if (pass->status == 405)
    snprintf(headers, sizeof headers, "Allow: %s\r\n", pass->allow);
  else if (pass->status == 426)
    snprintf(headers, sizeof headers, "Upgrade: websocket\r\n");
  request->close = request->close || pass->body > 0 || pass->status != 401;
  problem(request, pass->status, headers, pass->detail);
  if (request->close)
    connection_drain(request->from->link);
}

/* To the upgrade, and to a plain request that asks why there was none: a page does not see how its WebSocket was
 * refused. */
static void refuse_viewer(http_request *request) {
  request->close = true;
  http_problem(request, 503, "this server keeps %u pages up to date at once, and so many are open: close one of them",
               request->server->options.viewers);
}

/* Every request, upgrades too. Returns whether it was answered: else it is an upgrade that civetweb shall make. */
static bool serve(http_request *request, gate_pass *pass) {
  http_server *server = request->server;
  if (request->from) {
    connection_enter(request->from->link, CONNECTION_WORKING);
    judge(pass, server, request->civet);
  }
  if (pass->trusted)
    connection_trust(request->from->link);
  else if (!request->from || connections_crowded(server->all)) {
    request->close = true;
    http_problem(request, 503, "too many connections are open: try again in a moment");
    return true;
  }
  if (pass->status == 426 && connections_viewed(server->all)) {
    refuse_viewer(request);
    return true;
  }
  if (pass->status) {
    refuse(request);
    return true;
  }
  const gate_route *route = &server->rules.routes[pass->route];
  server->options.handlers[pass->route](server->options.context, request);
  if (!request->answered && route->socket) {
    if (connection_enter(request->from->link, CONNECTION_VIEWING))
      return false;
    refuse_viewer(request);
  }
  if (!request->answered)
    http_problem(request, 500, "the request was not answered");
  return true;
}

static int on_request(struct mg_connection *civet) {
  const struct mg_request_info *info = mg_get_request_info(civet);
  gate_pass pass = {0};
  http_request request = {.server = server_of(civet),
                          .civet = civet,
                          .from = peer_of(civet),
                          .pass = &pass,
                          .head = strcmp(info->request_method, "HEAD") == 0,
                          .close = strcmp(info->http_version, "1.1") != 0};
  const char *wish = mg_get_header(civet, "Connection");
  request.close = request.close || (wish && strcasecmp(wish, "close") == 0);
  if (serve(&request, &pass)) {
    gate_pass_free(&pass);
    return 1;
  }
  gate_pass_free(&request.from->pass);
  request.from->pass = pass;
  request.from->viewing = true;
  return 0;
}

static int on_socket(const struct mg_connection *civet, void *data) {
  (void)data;
  const peer *from = mg_get_user_connection_data(civet);
  return from && from->viewing ? 0 : 1;
}

static void on_ready(struct mg_connection *civet, void *data) {
  http_server *server = data;
  peer *from = mg_get_user_connection_data(civet);
  http_request request = {.server = server, .civet = civet, .from = from, .pass = &from->pass, .answered = true};
  from->opened = true;
  server->options.opened(server->options.context, &request, from->link);
}

static int on_frame(struct mg_connection *civet, int bits, char *bytes, size_t length, void *data) {
  (void)civet;
  (void)bytes;
  (void)length;
  (void)data;
  return (bits & 0xf) !=
         MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE; /* the page sends nothing; pongs and the like are dropped */
}

struct mg_callbacks http_callbacks(void) {
  /* No log_access: for it civetweb calls localtime, of which the host may just read what it gave. */
  return (struct mg_callbacks){.begin_request = on_request,
                               .end_request = on_end,
                               .log_message = on_message,
                               .connection_close = on_close,
                               .http_error = on_error,
                               .init_connection = on_connection};
}

void http_accept_pages(http_server *server) {
  mg_set_websocket_handler(server->context, "/api", on_socket, on_ready, on_frame, NULL, server);
}
