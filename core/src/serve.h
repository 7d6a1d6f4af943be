/* The program `charts serve`: a server with a process of its own, in the foreground or detached. */
#ifndef CHARTS_SRC_SERVE_H
#define CHARTS_SRC_SERVE_H

#include "status.h"

typedef struct serve_options {
  const char *folder; /* absolute, without links */
  unsigned port;      /* 0: CHARTS_PORT, else any */
  bool detach;        /* returns when the server is ready in a process of its own, or when the folder's server was there
                         already */
} serve_options;

/* Serves until SIGINT, SIGTERM or `charts stop` (a detached one also until it was idle for CHARTS_IDLE seconds, else
 * eight hours). Only for a program of one thread. Errors: REFUSED (in the foreground: the folder's server runs
 * already), those of server_open. */
charts_status serve_run(const serve_options *options, charts_error *error);

#endif
