/* What http.c and httpstart.c share; nobody else includes it, nor civetweb. */
#ifndef CHARTS_SRC_HTTPSERVER_H
#define CHARTS_SRC_HTTPSERVER_H

#include "http.h"

#include <civetweb.h>
#include <pthread.h>
#include <stdatomic.h>

struct http_server {
  http_options options;
  gate_rules rules;
  connections *all;
  struct mg_context *context;
  char *base_host;
  char *base_origin;
  char *security; /* header lines of every answer */
  char *late;     /* the whole answer to a head that came too slowly */
  pthread_mutex_t begun_mutex;
  pthread_cond_t begun_changed;
  unsigned begun;          /* threads of civetweb that run */
  const atomic_bool *stop; /* what they are told by to end their work */
};

/* What one connection of civetweb is to us: its user data. */
typedef struct peer {
  connection *link;
  gate_pass pass; /* of the WebSocket */
  bool viewing;
  bool opened;
  bool failed; /* civetweb has refused the request, and we have answered */
} peer;

struct http_request {
  http_server *server;
  struct mg_connection *civet;
  peer *from;
  const gate_pass *pass;
  bool head;
  bool answered;
  bool close;
};

/* The callbacks of requests and connections, for mg_start. */
struct mg_callbacks http_callbacks(void);
/* Lets WebSockets in, once the server's context is there. */
void http_accept_pages(http_server *server);
/* The port that a context listens on; 0: none. */
unsigned http_context_port(const struct mg_context *context);
/* Written ahead, since the keeper sends it, who has no request. NULL when memory is out. */
char *http_late_answer(const http_server *server);

#endif
