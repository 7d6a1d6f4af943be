/* HTTP and WebSocket, on civetweb: the only room that knows it. Every request passes the gate first; every answer
 * carries the security headers. */
#ifndef CHARTS_SRC_HTTP_H
#define CHARTS_SRC_HTTP_H

#include "connections.h"
#include "gate.h"

typedef struct http_server http_server;
typedef struct http_request http_request;

/* Answers one request (http_answer, http_problem, http_begin) on a server thread, whose stack is 100 KB. For a
 * WebSocket: answers only to refuse. */
typedef void (*http_handler)(void *context, http_request *request);

typedef struct http_options {
  unsigned port;    /* 0: any free one */
  unsigned threads; /* one a connection */
  unsigned viewers; /* WebSockets among them, at most */
  const char *token;
  const char *base_url; /* the address by which a proxy reaches the server, or NULL */
  const gate_route *routes;
  const http_handler *handlers; /* one a route */
  size_t route_count;
  void *context;
  /* A WebSocket was opened: `viewer` may be used until `closed` has returned. Both on server threads. */
  void (*opened)(void *context, http_request *request, connection *viewer);
  void (*closed)(void *context, connection *viewer);
} http_options;

/* Starts a server on 127.0.0.1. Keeps the pointers of `options`. Leaves signal handlers and masks as they were. Errors:
 * SERVER (names the port that is taken), ARGUMENT (base_url), MEMORY. */
charts_status http_start(http_server **started, const http_options *options, charts_error *error);
/* Shuts every connection, so that nobody waits for an answer any more: the first step of the end. */
void http_shut(http_server *server);
/* Ends every connection and thread, in under 100 ms unless a handler works longer. In a forked child forgets the
 * server. */
void http_stop(http_server *server);
unsigned http_port(const http_server *server);
/* False in a forked child. */
bool http_alive(const http_server *server);

/* What was asked. */
const char *http_segment(const http_request *request,
                         size_t place); /* decoded segment of the path; "" beyond the last */
const char *http_header(const http_request *request, const char *name); /* or NULL */
/* The decoded value of a member of the query, in `value` of `room` bytes; false when it is not there or does not fit.
 */
bool http_query(const http_request *request, const char *name, char *value, size_t room);
/* Reads the whole body (at most GATE_BODY); when it fails the request has been answered. */
bool http_body(http_request *request, buffer *body);

/* Whether the peer is gone, and nobody waits for the answer. */
bool http_gone(const http_request *request);

typedef struct http_reply {
  int status;
  const char *type;    /* of the content; NULL: none */
  const char *headers; /* more lines, each ended by \r\n, or NULL */
  const char *cache;   /* Cache-Control; NULL: no-store */
} http_reply;

/* Answers with a body in memory. */
void http_answer(http_request *request, const http_reply *reply, const void *body, size_t length);
/* Answers piece by piece: the head, then exactly `length` bytes; http_write is false when the peer is gone (or asked
 * for the head only). */
bool http_begin(http_request *request, const http_reply *reply, uint64_t length);
bool http_write(http_request *request, const void *bytes, size_t length);
/* Ends the connection after this answer: it cannot be finished as it was announced. */
void http_abort(http_request *request);
/* Answers application/problem+json. */
__attribute__((format(printf, 3, 4))) void http_problem(http_request *request, int status, const char *format, ...);

#endif
