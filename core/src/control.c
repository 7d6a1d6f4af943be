#include "control.h"

#include "clock.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000, ANSWER_LIMIT = 1 << 20 };

/* Waits until the socket is ready; false at the deadline. */
static bool wait_for(int socket, short events, int64_t deadline) {
  for (;;) {
    int64_t rest = deadline - now_ms();
    struct pollfd waiting = {.fd = socket, .events = events};
    int ready = rest > 0 ? poll(&waiting, 1, (int)rest) : 0;
    if (ready > 0 || (ready < 0 && errno != EINTR) || rest <= 0)
      return ready > 0;
  }
}

static int connect_to(unsigned port, int64_t deadline) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0)
    return -1;
  int failed = connect(descriptor, (const struct sockaddr *)&address, sizeof address);
  socklen_t length = sizeof failed;
  if (failed && (errno != EINPROGRESS || !wait_for(descriptor, POLLOUT, deadline) ||
                 getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failed, &length) != 0 || failed)) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

/* Whether the connection that was just made leads to the server. A server listens before it writes its file, and lets
 * the file go before it stops listening: held now, it listened when we connected. When it is killed the kernel may take
 * the port first, a moment before the lock; so the user who listens is asked for too. */
static bool is_server(const serverfile *to, const char *folder) {
  serverfile now;
  return sockets_user_listens(to->port) && serverfile_read(&now, folder, NULL) == CHARTS_OK && now.port == to->port &&
         now.pid == to->pid && strcmp(now.token, to->token) == 0;
}

static bool send_all(int descriptor, const buffer *text, int64_t deadline) {
  for (size_t sent = 0; sent < text->length;) {
    ssize_t count = send(descriptor, text->bytes + sent, text->length - sent, MSG_NOSIGNAL);
    if (count > 0)
      sent += (size_t)count;
    else if (count < 0 && errno != EINTR && (errno != EAGAIN || !wait_for(descriptor, POLLOUT, deadline)))
      return false;
  }
  return true;
}

/* Reads until the server closes: it was asked to. */
static bool receive_all(int descriptor, buffer *text, int64_t deadline) {
  while (text->length < ANSWER_LIMIT) {
    char *room = buffer_room(text, 4096);
    if (!room)
      return false;
    ssize_t count = recv(descriptor, room, 4096, 0);
    if (count == 0)
      return true;
    if (count > 0)
      buffer_grew(text, (size_t)count);
    else if (errno != EINTR && (errno != EAGAIN || !wait_for(descriptor, POLLIN, deadline)))
      return text->length > 0 && errno == ECONNRESET;
  }
  return false;
}

static void write_request(buffer *to, const serverfile *server, const char *route, const charts_value *body) {
  buffer text = {0};
  value_write(&text, body);
  buffer_add_format(
      to,
      "POST /%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
      "Content-Length: %zu\r\nConnection: close\r\n\r\n",
      route, server->port, server->token, text.length);
  buffer_add(to, text.bytes, text.length);
  to->failed = to->failed || text.failed;
  buffer_free(&text);
}

static charts_status read_answer(charts_value **answer, const buffer *text, charts_error *error) {
  static const char begin[] = "HTTP/1.1 ";
  char *body = text->length ? strstr(text->bytes, "\r\n\r\n") : NULL;
  long code =
      body && strncmp(text->bytes, begin, strlen(begin)) == 0 ? strtol(text->bytes + strlen(begin), NULL, 10) : 0;
  if (!code)
    return error_set(error, CHARTS_SERVER, "what answers at the server's port is not the server");
  body += 4;
  charts_status status = value_parse(answer, body, text->length - (size_t)(body - text->bytes), error);
  if (status != CHARTS_OK || code == 200)
    return status;
  const char *detail = charts_value_text(charts_value_get(*answer, "detail"), NULL);
  status = code == 404 ? CHARTS_NOT_FOUND : code == 422 ? CHARTS_ARGUMENT : CHARTS_SERVER;
  status = error_set(error, status, "%s", detail ? detail : "the server refused");
  charts_value_free(*answer);
  *answer = NULL;
  return status;
}

charts_status control_post(charts_value **answer, const char *folder, const serverfile *to, const char *route,
                           const charts_value *body, charts_error *error) {
  int64_t deadline = now_ms() + DEADLINE_MS;
  buffer request = {0};
  buffer text = {0};
  *answer = NULL;
  write_request(&request, to, route, body);
  int descriptor = request.failed ? -1 : connect_to(to->port, deadline);
  charts_status status = CHARTS_OK;
  if (request.failed)
    status = error_memory(error);
  else if (descriptor >= 0 && !is_server(to, folder))
    status =
        error_set(error, CHARTS_SERVER, "what listens at port %u is not the server of the folder %s", to->port, folder);
  else if (descriptor < 0 || !send_all(descriptor, &request, deadline) || !receive_all(descriptor, &text, deadline))
    status = error_set(error, CHARTS_SERVER, "the server at port %u does not answer", to->port);
  else
    status = read_answer(answer, &text, error);
  if (descriptor >= 0)
    close(descriptor);
  buffer_free(&text);
  buffer_free(&request);
  return status;
}
