/* Starts the server program in a thread or as a process, and is the only room that knows which. */
#ifndef CHARTS_SRC_HOST_H
#define CHARTS_SRC_HOST_H

#include "value.h"

typedef struct host host;

typedef struct host_options {
  const char *folder; /* the served folder: the working directory, absolute */
  bool interactive;   /* thread; else a detached `charts serve`; CHARTS_SERVER=thread|process overrides */
  bool terminal;      /* the banner may carry the token */
} host_options;

/* A host that has started nothing yet. Copies what it needs. */
charts_status host_open(host **opened, const host_options *options, charts_error *error);
/* Ends a server thread; a detached server stays. Under 100 ms. In a forked child only what belongs to the child is
 * freed. */
void host_close(host *opened);
/* Starts the server (or finds the running one of this user and folder); nothing when it runs already. After fork the
 * child starts its own. Errors: SERVER. */
charts_status host_start(host *opened, charts_error *error);
bool host_started(const host *opened);
/* `Server running in the folder F at http://127.0.0.1:47688/#t=…`, once: empty when it was said, when a script only
 * found the server that another has started, or CHARTS_QUIET=1. */
void host_banner(host *opened, buffer *text);
/* Registers a chart directory (absolute path) and gives its one path segment, percent-encoded. Starts the server. */
charts_status host_register(host *opened, const char *path, buffer *segment, charts_error *error);
/* A view of a directory is shown: *pages is how many open pages have that view and were asked to come up to date. */
charts_status host_shown(host *opened, const char *segment, const char *view, size_t *pages, charts_error *error);
/* A tab with the view was opened: host_shown counts it although its page has not come yet. */
charts_status host_opened(host *opened, const char *segment, const char *view, charts_error *error);
/* How a person gets the full address where the token must not be said: `` `charts url PATH` prints the full address ``;
 * of a thread's server, which no other program reaches, that is the chart's own `url`. */
void host_where(const host *opened, const char *path, buffer *text);
/* The address of a view, with the token: `http://127.0.0.1:47688/stocks/#t=…&v=ID`. With CHARTS_BASE_URL that is its
 * beginning. view NULL: the directory's newest. */
charts_status host_url(host *opened, const char *segment, const char *view, buffer *url, charts_error *error);

#endif
