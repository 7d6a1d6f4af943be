/* How a server begins and ends; declared in http.h. */
#include "httpserver.h"

#include "headers.h"
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void library_start(void) {
  (void)mg_init_library(0);
}

/* Called by each thread of civetweb right after it has set SIGPIPE's action. */
static void *on_thread(const struct mg_context *context, int kind) {
  (void)kind;
  http_server *server = mg_get_user_data(context);
  worker_stop_by(server->stop);
  pthread_mutex_lock(&server->begun_mutex);
  server->begun++;
  pthread_cond_signal(&server->begun_changed);
  pthread_mutex_unlock(&server->begun_mutex);
  return NULL;
}

/* Waits until the workers and the thread that accepts run; not for ever, since civetweb goes on with fewer when the
 * system has no more threads. */
static void wait_begun(http_server *server) {
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 2;
  pthread_mutex_lock(&server->begun_mutex);
  while (server->begun < server->options.threads + 1 &&
         pthread_cond_timedwait(&server->begun_changed, &server->begun_mutex, &limit) == 0)
    continue;
  pthread_mutex_unlock(&server->begun_mutex);
}

/* mg_start with every signal blocked (its threads inherit that) and with SIGPIPE's action, which they set, put back. */
static struct mg_context *context_start(http_server *server) {
  char port[32];
  char threads[16];
  snprintf(port, sizeof port, "127.0.0.1:%u", server->options.port);
  snprintf(threads, sizeof threads, "%u", server->options.threads);
  const char *options[] = {"listening_ports",
                           port,
                           "num_threads",
                           threads,
                           "enable_keep_alive",
                           "yes",
                           "keep_alive_timeout_ms",
                           "5000",
                           "request_timeout_ms",
                           "12000",
                           "access_control_list", /* others of this machine come by other loopback addresses */
                           "-0.0.0.0/0,+127.0.0.1/32",
                           "tcp_nodelay",
                           "1",
                           "decode_url",
                           "no",
                           "decode_query_string",
                           "no",
                           "enable_directory_listing",
                           "no",
                           "enable_auth_domain_check",
                           "no",
                           "access_control_allow_origin",
                           "",
                           "access_control_allow_methods",
                           "",
                           "access_control_allow_headers",
                           "",
                           "cgi_pattern",
                           "",
                           "ssi_pattern",
                           "",
                           "enable_websocket_ping_pong",
                           "no",
                           NULL};
  struct mg_callbacks callbacks = http_callbacks();
  callbacks.init_thread = on_thread;
  sigset_t blocked;
  sigset_t before;
  struct sigaction pipe_action;
  sigfillset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  sigaction(SIGPIPE, NULL, &pipe_action);
  struct mg_context *context = mg_start(&callbacks, server, options);
  if (context)
    wait_begun(server);
  sigaction(SIGPIPE, &pipe_action, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return context;
}

static void server_free(http_server *server) {
  free(server->base_host);
  free(server->base_origin);
  free(server->security);
  free(server->late);
  free(server);
}

static charts_status server_listen(http_server *server, charts_error *error) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, library_start);
  connections_options places = {
      .room = server->options.threads, .viewers = server->options.viewers, .late = server->late};
  charts_status status = connections_open(&server->all, &places, error);
  if (status != CHARTS_OK)
    return status;
  server->context = context_start(server);
  server->rules.port = server->context ? http_context_port(server->context) : 0;
  if (server->rules.port && connections_listen(server->all, server->rules.port)) {
    http_accept_pages(server);
    return CHARTS_OK;
  }
  connections_shut(server->all);
  mg_stop(server->context);
  connections_close(server->all);
  if (server->options.port)
    return error_set(error, CHARTS_SERVER,
                     "the server cannot listen on port %u of 127.0.0.1: it is taken or not allowed",
                     server->options.port);
  return error_set(error, CHARTS_SERVER, "the server cannot listen on 127.0.0.1: no port or no thread is free");
}

charts_status http_start(http_server **started, const http_options *options, charts_error *error) {
  *started = NULL;
  http_server *server = memory_new_zeroed(1, sizeof *server);
  if (!server)
    return error_memory(error);
  server->options = *options;
  server->stop = worker_stop();
  pthread_mutex_init(&server->begun_mutex, NULL);
  pthread_cond_init(&server->begun_changed, NULL);
  charts_status status = CHARTS_OK;
  if (options->base_url && !gate_base(options->base_url, &server->base_host, &server->base_origin))
    status = error_set(error, CHARTS_ARGUMENT,
                       "CHARTS_BASE_URL must be an address such as https://host/path/, not \"%s\"", options->base_url);
  server->rules = (gate_rules){.token = options->token,
                               .base_host = server->base_host,
                               .base_origin = server->base_origin,
                               .routes = options->routes,
                               .route_count = options->route_count};
  server->security = headers_security(server->base_host, server->base_origin);
  server->late = server->security ? http_late_answer(server) : NULL;
  if (status == CHARTS_OK && !server->late)
    status = error_memory(error);
  if (status == CHARTS_OK)
    status = server_listen(server, error);
  if (status != CHARTS_OK) {
    server_free(server);
    return status;
  }
  *started = server;
  return CHARTS_OK;
}

void http_shut(http_server *server) {
  if (server && connections_alive(server->all))
    connections_shut(server->all);
}

void http_stop(http_server *server) {
  if (!server)
    return;
  if (connections_alive(server->all)) {
    connections_shut(server->all);
    mg_stop(server->context);
    connections_close(server->all);
  }
  server_free(server);
}

unsigned http_port(const http_server *server) {
  return server->rules.port;
}

bool http_alive(const http_server *server) {
  return connections_alive(server->all);
}
