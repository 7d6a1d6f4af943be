/* The sockets of a port among the process's descriptors, of which civetweb gives none of its own; who listens at a
 * port. Any thread. */
#ifndef CHARTS_SRC_SOCKETS_H
#define CHARTS_SRC_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether a socket is the one that is looked for; `peer` is the port of its other end. */
typedef bool (*sockets_wanted)(void *context, int descriptor, unsigned peer);

/* The first connection to `port` that is wanted; -1 when there is none. */
int sockets_find(unsigned port, sockets_wanted wanted, void *context);
/* The socket that listens on `port`, or -1. */
int sockets_listener(unsigned port);
/* Shuts every connection to `port`: whatever waits for one returns. Adds the numbers of the sockets (their inodes),
 * each once, to the `count` that are noted already, up to `room`; gives how many are noted then. While nobody listens
 * on the port any more, it is the caller's to know that nothing else of the process has taken it. */
size_t sockets_end(unsigned port, ino_t *ended, size_t count, size_t room);
/* Closes those of the noted sockets that are still open, when nobody is left who would: civetweb forgets connections
 * that it has accepted and that waited for a thread when it was stopped. */
void sockets_close(ino_t *ended, size_t count);
/* The port of the other end of `descriptor`, when it is a connection to `port`; else 0. */
unsigned sockets_peer(int descriptor, unsigned port);
/* Whether bytes have come that nobody has read. */
bool sockets_unread(int descriptor);
/* Whether a socket of this user, of any process, listens on `port` of 127.0.0.1. Also false when the kernel's table of
 * sockets cannot be read: then nobody knows who listens. */
bool sockets_user_listens(unsigned port);

#endif
