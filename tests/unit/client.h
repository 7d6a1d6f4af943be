/* A plain client for tests of the server: raw requests over a socket, WebSocket frames. */
#ifndef CHARTS_TESTS_CLIENT_H
#define CHARTS_TESTS_CLIENT_H

#include "cmocka_all.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static inline int64_t client_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* -1 when nobody listens. Reads fail after 20 s. */
static inline int client_connect(unsigned port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval limit = {.tv_sec = 20};
  assert_true(connection >= 0);
  assert_int_equal(setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  if (connect(connection, (const struct sockaddr *)&address, sizeof address) == 0)
    return connection;
  close(connection);
  return -1;
}

static inline void client_send(int connection, const char *text) {
  assert_int_equal(send(connection, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that comes until the server closes, with a NUL; one at a time. */
static inline const char *client_receive(int connection) {
  static char text[1 << 20];
  size_t length = 0;
  ssize_t got;
  while (length + 1 < sizeof text && (got = recv(connection, text + length, sizeof text - 1 - length, 0)) > 0)
    length += (size_t)got;
  text[length] = 0;
  return text;
}

/* Sends one request that closes the connection; gives the whole answer. `headers` end with \r\n each. */
static inline const char *client_ask(unsigned port, const char *method, const char *path, const char *headers,
                                     const char *body) {
  static char request[1 << 16];
  int connection = client_connect(port);
  assert_true(connection >= 0);
  int length = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s",
                        method, path, port, headers);
  if (body)
    snprintf(request + length, sizeof request - (size_t)length,
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
  else
    snprintf(request + length, sizeof request - (size_t)length, "\r\n");
  client_send(connection, request);
  const char *answer = client_receive(connection);
  close(connection);
  return answer;
}

static inline int client_status(const char *answer) {
  int status = 0;
  return sscanf(answer, "HTTP/1.1 %3d", &status) == 1 ? status : 0;
}

static inline const char *client_body(const char *answer) {
  const char *body = strstr(answer, "\r\n\r\n");
  return body ? body + 4 : "";
}

static inline void client_read(int connection, void *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t got = recv(connection, (char *)bytes + at, length - at, 0);
    assert_true(got > 0);
    at += (size_t)got;
  }
}

/* Opens a WebSocket; the answer's head has been read and was 101. */
static inline int client_upgrade(unsigned port, const char *path, const char *token) {
  char request[1024];
  char head[4096];
  size_t length = 0;
  int connection = client_connect(port);
  assert_true(connection >= 0);
  snprintf(request, sizeof request,
           "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: Upgrade\r\nUpgrade: "
           "websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: charts.token.%s, charts\r\n\r\n",
           path, port, token);
  client_send(connection, request);
  do {
    assert_true(length + 1 < sizeof head);
    client_read(connection, head + length++, 1);
    head[length] = 0;
  } while (length < 4 || strcmp(head + length - 4, "\r\n\r\n") != 0);
  assert_int_equal(client_status(head), 101);
  return connection;
}

/* The next text message; one at a time. */
static inline const char *client_message(int connection) {
  static char text[1 << 16];
  unsigned char head[4];
  client_read(connection, head, 2);
  assert_int_equal(head[0], 0x81);
  size_t length = head[1];
  if (length == 126) {
    client_read(connection, head + 2, 2);
    length = (size_t)head[2] << 8 | head[3];
  }
  assert_true(length < sizeof text);
  client_read(connection, text, length);
  text[length] = 0;
  return text;
}

#endif
