#include "wire.h"

#include "walk.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_ROOM = 1 << 20 };

bool wire_open(wire *opened, unsigned port) {
  int yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  *opened = (wire){.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .memory = malloc(FIRST_ROOM)};
  opened->room = FIRST_ROOM;
  return opened->memory && opened->socket >= 0 &&
         setsockopt(opened->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0 &&
         connect(opened->socket, (struct sockaddr *)&address, sizeof address) == 0;
}

void wire_close(wire *opened) {
  if (opened->socket >= 0)
    (void)close(opened->socket);
  free(opened->memory);
}

static bool send_all(int socket, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes += sent;
    length -= (size_t)sent;
  }
  return true;
}

static bool make_room(wire *over, size_t length) {
  if (length <= over->room)
    return true;
  char *larger = realloc(over->memory, length);
  if (!larger)
    return false;
  over->memory = larger;
  over->room = length;
  return true;
}

/* Where the body begins and how long it is; false when the head is not whole yet or not the head of a frame. */
static bool read_head(const char *text, size_t *head, size_t *body, bool *bad) {
  const char *end = strstr(text, "\r\n\r\n");
  if (!end)
    return false;
  const char *length = strcasestr(text, "\r\ncontent-length:");
  *bad = strncmp(text, "HTTP/1.1 200", 12) != 0 || !length || length > end;
  if (*bad)
    return false;
  *head = (size_t)(end - text) + 4;
  *body = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
  return true;
}

static long read_answer(wire *over) {
  size_t have = 0, head = 0, body = 0;
  bool bad = false;
  for (;;) {
    ssize_t got = recv(over->socket, over->memory + have, over->room - have - 1, 0);
    if (got <= 0)
      return -1;
    have += (size_t)got;
    over->memory[have] = 0;
    if (head == 0 && !read_head(over->memory, &head, &body, &bad)) {
      if (bad || have + 1 >= over->room)
        return -1;
      continue;
    }
    if (!make_room(over, head + body + 1))
      return -1;
    if (have == head + body)
      return (long)body;
  }
}

/* The header of a frame says when a series could not be answered. */
static bool is_good(const wire *over, long body) {
  const char *text = strstr(over->memory, "\r\n\r\n");
  if (!text || body < 12 || memcmp(text + 4, "CHARTSF1", 8) != 0)
    return false;
  uint32_t length;
  memcpy(&length, text + 12, sizeof length);
  return (long)length <= body - 12 && !memmem(text + 16, length, "\"error\"", 7);
}

long wire_ask(wire *over, unsigned port, const char *token, const wire_window *window) {
  char request[2048], range[128] = "\"from\":null,\"to\":null", body[512];
  if (!isnan(window->from))
    (void)snprintf(range, sizeof range, "\"from\":%.17g,\"to\":%.17g", window->from, window->to);
  int length = snprintf(body, sizeof body, "{\"series\":[\"%s\"],%s,\"columns\":%u,\"x\":\"linear\"}", window->file,
                        range, window->columns);
  int whole = snprintf(request, sizeof request,
                       "POST /api/d/%s/window HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       window->directory, port, token, length, body);
  if (length >= (int)sizeof body || whole >= (int)sizeof request || !send_all(over->socket, request, (size_t)whole))
    return -1;
  long bytes = read_answer(over);
  return is_good(over, bytes) ? bytes : -1;
}

void wire_choose(wire_window *window, double count, double least, unsigned long long *seed) {
  uint64_t state = *seed;
  double share = exp(walk_random(&state) * log(least / count));
  double width = share * (count - 1);
  double first = walk_random(&state) * (count - 1 - width);
  window->from = walk_x(floor(first));
  window->to = walk_x(ceil(first + width));
  *seed = state;
}
