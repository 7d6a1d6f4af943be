/* One running server: what a host's thread and the command `charts serve` have in common. */
#ifndef CHARTS_SRC_SERVER_H
#define CHARTS_SRC_SERVER_H

#include "buffer.h"
#include "status.h"

typedef struct server server;

typedef struct server_options {
  const char *folder;          /* absolute */
  unsigned port;               /* 0: CHARTS_PORT, else any free one */
  unsigned threads;            /* connections that can be open at once */
  unsigned viewers;            /* open pages that are told of changes, at most */
  void (*stop)(void *context); /* a request asked the server to end; called on a server thread. NULL: such requests are
                                  refused */
  void *context;
} server_options;

/* Starts a server with a new token. Errors: SERVER (names a port that is taken), ARGUMENT (CHARTS_PORT,
 * CHARTS_BASE_URL), NOT_FOUND (the folder), MEMORY. */
charts_status server_open(server **opened, const server_options *options, charts_error *error);
/* Ends it in under 100 ms. In a forked child it is only forgotten. */
void server_close(server *opened);
/* False in a forked child. */
bool server_alive(const server *opened);
unsigned server_port(const server *opened);
const char *server_token(const server *opened);
const char *server_folder(const server *opened);
/* Appends where a browser reaches the server at `port`, ending in a slash: CHARTS_BASE_URL, or 127.0.0.1. */
void server_address(unsigned port, buffer *address);
/* Registers a chart directory (absolute path); appends its segment, not encoded. NOT_FOUND, ARGUMENT, MEMORY. */
charts_status server_register(server *opened, const char *path, buffer *segment, charts_error *error);
/* How many open pages show the view; they are asked to come up to date. */
size_t server_shown(server *opened, const char *segment, const char *view);
/* A tab with the view was opened: until its page comes, or for some seconds, it counts as a page. */
void server_opened(server *opened, const char *segment, const char *view);
/* Milliseconds since the last page closed or the last request; 0 while a page is open. */
int64_t server_idle(server *opened);

#endif
