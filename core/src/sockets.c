#include "sockets.h"

#include "filebytes.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The port of an address of ours: we listen on 127.0.0.1 alone. The host may have other sockets with the same port, and
 * another user of the machine may choose the port of a peer of ours on another loopback address. */
static unsigned address_port(const struct sockaddr_storage *address) {
  const struct sockaddr_in *own = (const struct sockaddr_in *)(const void *)address;
  return address->ss_family == AF_INET && own->sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? ntohs(own->sin_port) : 0;
}

static int option_of(int descriptor, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* A socket of ours: TCP (the host may have the port for UDP) and of our address, which is taken while we listen.
 * Without a port nothing is. */
static bool is_own(int descriptor, unsigned port) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  return port != 0 && getsockname(descriptor, (struct sockaddr *)&address, &length) == 0 &&
         address_port(&address) == port && option_of(descriptor, SO_PROTOCOL) == IPPROTO_TCP;
}

unsigned sockets_peer(int descriptor, unsigned port) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  if (!is_own(descriptor, port))
    return 0;
  return getpeername(descriptor, (struct sockaddr *)&address, &length) == 0 ? address_port(&address) : 0;
}

static bool is_listener(int descriptor, unsigned port) {
  return is_own(descriptor, port) && option_of(descriptor, SO_ACCEPTCONN) == 1;
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

/* ---- The end ---- */

typedef struct ending {
  unsigned port;
  ino_t *ended;
  size_t room;
  size_t count;
} ending;

static bool is_noted(const ending *by, ino_t number) {
  for (size_t i = 0; i < by->count; i++)
    if (by->ended[i] == number)
      return true;
  return false;
}

/* Once: a connection has a descriptor of civetweb and a duplicate of ours. */
static void note(ending *to, int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) == 0 && !is_noted(to, status.st_ino) && to->count < to->room)
    to->ended[to->count++] = status.st_ino;
}

/* By a duplicate that is asked again who it is: the descriptor may be another's by now. */
static bool end_connection(void *context, int descriptor) {
  ending *of = context;
  int own = is_own(descriptor, of->port) ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : -1;
  if (own >= 0 && is_own(own, of->port) && option_of(own, SO_ACCEPTCONN) != 1) {
    (void)shutdown(own, SHUT_RDWR);
    note(of, own);
  }
  if (own >= 0)
    close(own);
  return false;
}

size_t sockets_end(unsigned port, ino_t *ended, size_t count, size_t room) {
  ending all = {port, ended, room, count};
  (void)each_descriptor(end_connection, &all);
  return all.count;
}

/* Not inline, so that a race with who closes a descriptor of his own is known by this name. */
__attribute__((noinline)) static bool is_ended(const ending *by, int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode) && is_noted(by, status.st_ino);
}

static bool close_ended(void *context, int descriptor) {
  if (is_ended(context, descriptor))
    close(descriptor);
  return false;
}

void sockets_close(ino_t *ended, size_t count) {
  if (count > 0)
    (void)each_descriptor(close_ended, &(ending){.ended = ended, .count = count});
}

/* ---- Who listens ---- */

/* A row of the table: its number, both addresses, the state, the queues, the timer, what was sent again, the user. */
static bool is_users_row(const char *row, const char *listens) {
  const char *at = strstr(row, listens);
  at = at ? at + strlen(listens) : NULL;
  for (int fields = 3; at && fields > 0; fields--) {
    at = strchr(at, ' ');
    at = at ? at + 1 : NULL;
  }
  char *end = NULL;
  unsigned long user = at ? strtoul(at, &end, 10) : 0;
  return at && end != at && user == geteuid();
}

bool sockets_user_listens(unsigned port) {
  char listens[64]; /* as the kernel writes it: the address as a number of this machine, 0A for LISTEN */
  char text[4096];
  size_t length = 0; /* of the beginning of a row, whose rest comes with the next bytes */
  size_t got = 1;
  bool found = false;
  snprintf(listens, sizeof listens, ": %08X:%04X 00000000:0000 0A ", htonl(INADDR_LOOPBACK), port);
  int table = open("/proc/net/tcp", O_RDONLY | O_CLOEXEC);
  for (uint64_t at = 0; table >= 0 && !found && got > 0; at += got) {
    if (filebytes_read(table, "the sockets", text + length, sizeof text - 1 - length, at, &got, NULL) != CHARTS_OK)
      break;
    text[length + got] = 0;
    char *row = text;
    for (char *end; !found && (end = strchr(row, '\n')); row = end + 1) {
      *end = 0;
      found = is_users_row(row, listens);
    }
    length = strlen(row);
    memmove(text, row, length);
  }
  if (table >= 0)
    close(table);
  return found;
}
