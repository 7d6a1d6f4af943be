/* The sockets of a server: deadlines, messages to viewers, a quick end, and the forked child's side of it.
 *
 * civetweb gives no descriptor, so each connection's is found by its ports and duplicated: the duplicate stays ours
 * until the connection is removed, whatever civetweb does with its own. One keeper thread ends what is late and sends
 * what is queued, without ever blocking. */
#ifndef CHARTS_SRC_CONNECTIONS_H
#define CHARTS_SRC_CONNECTIONS_H

#include "status.h"

typedef struct connections connections;
typedef struct connection connection;

/* What a connection does now decides how long it may take and how it is ended when it is late. */
typedef enum connection_phase {
  CONNECTION_WAITING, /* for a request's head: 10 s, then 408 */
  CONNECTION_READING, /* a body: 10 s, then the read side is shut, so that the reader answers 408 */
  CONNECTION_WORKING, /* an answer is being made: no limit */
  CONNECTION_WRITING, /* an answer goes out: 10 s a piece, and all of it at 16 KiB a second at least */
  CONNECTION_VIEWING  /* a WebSocket */
} connection_phase;

typedef struct connections_options {
  size_t room;
  size_t viewers;   /* of these at most */
  const char *late; /* the whole answer to a head that came too slowly; borrowed */
} connections_options;

/* Starts the keeper thread. Errors: MEMORY, SERVER. */
charts_status connections_open(connections **opened, const connections_options *options, charts_error *error);
/* Finds the listener of `port`, so that it can be shut, and closed in a forked child. False when another server of this
 * process has that port and is about to end: its end would take our connections for its own. */
bool connections_listen(connections *all, unsigned port);
/* Shuts the listener and every socket, so that the threads that wait for them return at once. A second call finds what
 * was being accepted at the first. */
void connections_shut(connections *all);
/* After every connection was removed. */
void connections_close(connections *all);
/* False in a forked child: the threads are not there, and the sockets were closed. */
bool connections_alive(const connections *all);

/* A connection that the calling thread begins to serve on `port`. Its socket is not known yet for sure: any that nobody
 * has claimed stands for it, which serves for deadlines. NULL when there is no room. While nearly all room is used,
 * connections without a request are ended after a quarter of a second, and so are those that take long to send or to
 * read and have not shown the token. */
connection *connections_add(connections *all, unsigned port);
/* Its peer's port is known now, and so its socket: to be called before anything is sent or it is removed. False when
 * the socket cannot be found. */
bool connection_identify(connection *one, unsigned remote_port);
/* Forgets it; what is queued for it is dropped. */
void connection_remove(connection *one);
/* Enters a phase; its time begins. False when CONNECTION_VIEWING finds all places of viewers taken. */
bool connection_enter(connection *one, connection_phase phase);
/* It has shown the token. */
void connection_trust(connection *one);
/* Enters CONNECTION_WRITING with an answer of `length` bytes. */
void connection_answer(connection *one, uint64_t length);
/* Whether the phase took too long. */
bool connection_late(const connection *one);
/* Whether so many connections are open that the request of a stranger should be answered 503. */
bool connections_crowded(connections *all);
/* Whether all places of viewers are taken. */
bool connections_viewed(connections *all);
/* Sends `text` to the peer as it stands, at once and in part if need be: for a last answer. */
void connection_say(connection *one, const char *text);
/* Ends our side after a last answer and takes what the peer still sends, for a second at most: unread bytes would make
 * the system take the answer back. */
void connection_drain(connection *one);
/* Whether the peer has closed its side: it waits for no answer any more. */
bool connection_gone(const connection *one);
/* Ends it: what waits for it returns. */
void connection_end(connection *one);

/* Queues a text message for a viewer. One that lets 16 wait, or 4 MiB, is ended: it comes again and asks what is there.
 * Never blocks. Any thread, until connection_remove. */
void connection_post(connection *viewer, const char *text, size_t length);

#endif
