#include "sockets.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The port of an address of ours: we listen on 127.0.0.1 alone. The host may have other sockets with the same port, and
 * another user of the machine may choose the port of a peer of ours on another loopback address. */
static unsigned address_port(const struct sockaddr_storage *address) {
  const struct sockaddr_in *own = (const struct sockaddr_in *)(const void *)address;
  return address->ss_family == AF_INET && own->sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? ntohs(own->sin_port) : 0;
}

unsigned sockets_peer(int descriptor, unsigned port) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0 || address_port(&address) != port)
    return 0;
  memset(&address, 0, sizeof address);
  length = sizeof address;
  return getpeername(descriptor, (struct sockaddr *)&address, &length) == 0 ? address_port(&address) : 0;
}

static bool is_listener(int descriptor, unsigned port) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockname(descriptor, (struct sockaddr *)&address, &length) == 0 && address_port(&address) == port &&
         getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

bool sockets_unread(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) == 0 && count > 0;
}

/* Calls `found` with every descriptor of the process until it is true; gives that one, or -1. */
static int each_descriptor(bool (*found)(void *context, int descriptor), void *context) {
  int one = -1;
  DIR *descriptors = opendir("/proc/self/fd");
  if (!descriptors)
    return -1;
  for (struct dirent *entry; one < 0 && (entry = readdir(descriptors));) {
    char *end;
    long number = strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && !*end && number <= INT_MAX && found(context, (int)number))
      one = (int)number;
  }
  closedir(descriptors);
  return one;
}

typedef struct search {
  unsigned port;
  sockets_wanted wanted;
  void *context;
} search;

static bool found_connection(void *context, int descriptor) {
  const search *of = context;
  unsigned peer = sockets_peer(descriptor, of->port);
  return peer && of->wanted(of->context, descriptor, peer);
}

int sockets_find(unsigned port, sockets_wanted wanted, void *context) {
  return each_descriptor(found_connection, &(search){port, wanted, context});
}

static bool found_listener(void *context, int descriptor) {
  const unsigned *port = context;
  return is_listener(descriptor, *port);
}

int sockets_listener(unsigned port) {
  return each_descriptor(found_listener, &port);
}

/* By a duplicate that is asked again who it is: the descriptor may be another's by now. */
static bool end_connection(void *context, int descriptor) {
  const unsigned *port = context;
  int own = sockets_peer(descriptor, *port) ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : -1;
  if (own >= 0 && sockets_peer(own, *port))
    (void)shutdown(own, SHUT_RDWR);
  if (own >= 0)
    close(own);
  return false;
}

void sockets_end(unsigned port) {
  (void)each_descriptor(end_connection, &port);
}
