#include "server.h"

#include "routes.h"
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct server {
  atomic_bool stopping; /* ends what its threads are at */
  routes routes;
  http_server *http;
  char *base_url;
  char token[GATE_TOKEN + 1];
};

static charts_status token_make(char token[GATE_TOKEN + 1], charts_error *error) {
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[GATE_TOKEN / 2];
  ssize_t got;
  do
    got = getrandom(bytes, sizeof bytes, 0);
  while (got < 0 && errno == EINTR);
  if (got != (ssize_t)sizeof bytes)
    return error_system(error, errno, "cannot read", "the random source");
  for (size_t i = 0; i < sizeof bytes; i++) {
    token[2 * i] = digits[bytes[i] >> 4];
    token[2 * i + 1] = digits[bytes[i] & 15];
  }
  token[GATE_TOKEN] = 0;
  return CHARTS_OK;
}

/* The port asked for by the options, else by CHARTS_PORT; 0: any. */
static charts_status port_choose(unsigned *port, unsigned asked, charts_error *error) {
  const char *text = getenv("CHARTS_PORT");
  *port = asked;
  if (asked || !text || !*text)
    return CHARTS_OK;
  char *end;
  unsigned long number = strtoul(text, &end, 10);
  if (*end || number < 1 || number > 65535 || strspn(text, "0123456789") != strlen(text))
    return error_set(error, CHARTS_ARGUMENT, "CHARTS_PORT must be a port from 1 to 65535, not \"%s\"", text);
  *port = (unsigned)number;
  return CHARTS_OK;
}

static charts_status http_open(server *new, const server_options *options, charts_error *error) {
  http_options http = {.threads = options->threads,
                       .viewers = options->viewers,
                       .token = new->token,
                       .base_url = new->base_url,
                       .handlers = routes_handlers(),
                       .context = &new->routes,
                       .opened = routes_opened,
                       .closed = routes_closed};
  http.routes = routes_table(&http.route_count);
  charts_status status = port_choose(&http.port, options->port, error);
  return status == CHARTS_OK ? http_start(&new->http, &http, error) : status;
}

charts_status server_open(server **opened, const server_options *options, charts_error *error) {
  *opened = NULL;
  server *new = memory_new_zeroed(1, sizeof *new);
  if (!new)
    return error_memory(error);
  new->routes.stop = options->stop;
  new->routes.stop_context = options->context;
  const char *base = getenv("CHARTS_BASE_URL");
  charts_status status = CHARTS_OK;
  if (base && *base && !(new->base_url = memory_text(base, strlen(base))))
    status = error_memory(error);
  if (status == CHARTS_OK)
    status = token_make(new->token, error);
  if (status == CHARTS_OK)
    status = catalogue_open(&new->routes.catalogue, options->folder, error);
  worker_stop_by(&new->stopping); /* for the threads that are started here */
  if (status == CHARTS_OK)
    status = live_open(&new->routes.live, error);
  if (status == CHARTS_OK)
    status = indexer_open(&new->routes.indexer, error);
  if (status == CHARTS_OK)
    status = http_open(new, options, error);
  worker_stop_by(NULL);
  if (status != CHARTS_OK) {
    server_close(new);
    return status;
  }
  *opened = new;
  return CHARTS_OK;
}

void server_close(server *opened) {
  if (!opened)
    return;
  bool forked = !server_alive(opened);
  if (!forked) {
    http_shut(opened->http); /* first, so that no page is told what was ended halfway */
    atomic_store(&opened->stopping, true);
    indexer_hurry(opened->routes.indexer);
  }
  http_stop(opened->http);
  indexer_close(opened->routes.indexer, forked);
  live_close(opened->routes.live, forked);
  if (!forked)
    catalogue_close(opened->routes.catalogue);
  free(opened->base_url);
  free(opened);
}

bool server_alive(const server *opened) {
  return !opened->http || http_alive(opened->http);
}

unsigned server_port(const server *opened) {
  return http_port(opened->http);
}

const char *server_token(const server *opened) {
  return opened->token;
}

const char *server_folder(const server *opened) {
  return catalogue_folder(opened->routes.catalogue);
}

void server_address(unsigned port, buffer *address) {
  const char *base = getenv("CHARTS_BASE_URL");
  if (base && *base)
    buffer_add_format(address, "%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/");
  else
    buffer_add_format(address, "http://127.0.0.1:%u/", port);
}

charts_status server_register(server *opened, const char *path, buffer *segment, charts_error *error) {
  live_touch(opened->routes.live);
  return catalogue_register(segment, opened->routes.catalogue, path, error);
}

size_t server_shown(server *opened, const char *segment, const char *view) {
  return live_shown(opened->routes.live, segment, view);
}

void server_opened(server *opened, const char *segment, const char *view) {
  live_opened(opened->routes.live, segment, view);
}

int64_t server_idle(server *opened) {
  return live_idle(opened->routes.live);
}
