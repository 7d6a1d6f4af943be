/* What each route of core/FORMAT.md, section 4, answers. */
#ifndef CHARTS_SRC_ROUTES_H
#define CHARTS_SRC_ROUTES_H

#include "catalogue.h"
#include "indexer.h"
#include "live.h"

/* What the handlers work with: the context of http_options. */
typedef struct routes {
  catalogue *catalogue;
  live *live;
  indexer *indexer;
  void (*stop)(void *context); /* ends a detached server; NULL in a host's thread */
  void *stop_context;
} routes;

/* The table and its handlers, `count` of each; static. */
const gate_route *routes_table(size_t *count);
const http_handler *routes_handlers(void);

/* For http_options: a page's WebSocket opened and closed. `context` is the routes. */
void routes_opened(void *context, http_request *request, connection *page);
void routes_closed(void *context, connection *page);

#endif
