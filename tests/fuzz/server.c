/* A server of the sanitized core for test_requests.py: server FOLDER. Prints its port and token, and ends when its
 * standard input does. */
#include "server.h"

#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments) {
  charts_error error;
  server *opened = NULL;
  if (count != 2) {
    (void)fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  server_options options = {.folder = arguments[1], .threads = 16, .viewers = 8};
  if (server_open(&opened, &options, &error) != CHARTS_OK) {
    (void)fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  (void)printf("%u %s\n", server_port(opened), server_token(opened));
  (void)fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0)
    continue;
  server_close(opened);
  return 0;
}
