/* The gate: what every request must satisfy before any handler sees it. Plain checks on a parsed request, without a
 * socket, so that each can be tested alone. Any thread. */
#ifndef CHARTS_SRC_GATE_H
#define CHARTS_SRC_GATE_H

#include "buffer.h"

enum {
  GATE_HEADERS = 64,       /* civetweb silently drops headers from here on: so many are refused */
  GATE_SEGMENTS = 6,       /* of a path */
  GATE_BODY = 1024 * 1024, /* bytes */
  GATE_TOKEN = 32          /* hex digits: 128 bits */
};

/* One row of the route table. Pattern: segments joined by `/`, `*` stands for any one; a final `/` must be there in the
 * path too. */
typedef struct gate_route {
  const char *method; /* "GET" (answers HEAD too), "POST", "PUT" */
  const char *pattern;
  bool socket; /* a WebSocket upgrade */
} gate_route;

typedef struct gate_header {
  const char *name;
  const char *value;
} gate_header;

typedef struct gate_request {
  const char *method;
  const char *uri;   /* as sent, without the query */
  const char *query; /* or NULL */
  const char *version;
  const gate_header *headers;
  size_t header_count;
} gate_request;

typedef struct gate_rules {
  unsigned port;
  const char *token;       /* GATE_TOKEN digits */
  const char *base_host;   /* the allowed Host of a proxy, or NULL */
  const char *base_origin; /* its origin, or NULL */
  const gate_route *routes;
  size_t route_count;
} gate_rules;

typedef struct gate_pass {
  int status; /* 0: the request passes; else the HTTP status of the refusal */
  char detail[200];
  char allow[40]; /* with 405: the methods */
  size_t route;   /* index in the table */
  char *path;     /* owned: the decoded segments, each NUL-terminated */
  char *segments[GATE_SEGMENTS];
  size_t segment_count;
  size_t body;  /* announced length */
  bool trusted; /* the token was shown */
} gate_pass;

/* Judges a request. *pass is the caller's (gate_pass_free), whatever the verdict. */
void gate_judge(gate_pass *pass, const gate_rules *rules, const gate_request *request);
void gate_pass_free(gate_pass *pass);

/* Splits `url` (http or https, host, optional port and path) into host[:port] and origin, both the caller's; false when
 * it is not one. */
bool gate_base(const char *url, char **host, char **origin);

/* Decodes %XX; false for a bad escape or NUL. `text` has room for `length` + 1 bytes; may be `from` itself. */
bool percent_decode(char *text, const char *from, size_t length);
/* Appends `text` so that it can stand as one segment of a path. */
void percent_encode(buffer *to, const char *text);

#endif
