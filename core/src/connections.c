#include "connections.h"

#include "clock.h"
#include "outbox.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  REQUEST_MS = 10000,
  BYTES_MS = 16,         /* the least of an answer that is read in a millisecond, beyond REQUEST_MS for the whole */
  CROWDED_MS = 250,      /* for strangers, and who asks nothing, while nearly all room is used */
  DRAIN_MS = 1000,       /* for what is still sent after a refusal … */
  DRAIN_BYTES = 4 << 20, /* … and no more than this */
  STUCK_MS = 2000,       /* a viewer that takes nothing for so long is ended */
  QUEUED = 64,           /* at most, that wait for a thread: civetweb's queue is shorter */
  LOOK_MS = 100,         /* a question to the system for each viewer, not at every message */
  PING_MS = 30000,       /* keeps proxies from closing a quiet WebSocket, and finds dead peers */
  VIEWER_BYTES = 1 << 20 /* a page sends nothing: whoever sends so much is ended */
};

struct connection {
  connections *all;
  bool used;
  bool trusted;    /* has shown the token */
  int descriptor;  /* ours: a duplicate; -1: none */
  int original;    /* civetweb's: only for the forked child to close */
  unsigned remote; /* the peer's port; 0: unknown */
  int64_t claimed; /* when that socket was claimed */
  bool sure;       /* it is this connection's own */
  connection_phase phase;
  atomic_bool late;
  int64_t since; /* of the phase; of an answer: of its last piece; of a viewer: of its last ping */
  int64_t began; /* of the phase */
  int64_t until; /* the end of the time for a whole answer */
  /* viewers */
  outbox messages;
};

struct connections {
  connections *next; /* in the list of live ones */
  pthread_mutex_t mutex;
  pthread_t keeper;
  int wake;
  int listener; /* civetweb's */
  unsigned port;
  bool stopping;
  bool forked;
  size_t room;
  size_t most_viewers;
  const char *late;
  size_t count;
  size_t viewers;
  int64_t looked; /* when it was last seen to that no viewer talks */
  struct pollfd *polled;
  ino_t *ended; /* the sockets that were shut at the end, `ended_count` of them */
  size_t ended_count;
  connection items[];
};

/* Every server of the process, for the one handler of fork. */
static connections *live;
static pthread_mutex_t live_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* ---- Fork ---- */

static void fork_prepare(void) {
  pthread_mutex_lock(&live_mutex);
  for (connections *all = live; all; all = all->next)
    pthread_mutex_lock(&all->mutex);
}

static void fork_parent(void) {
  for (connections *all = live; all; all = all->next)
    pthread_mutex_unlock(&all->mutex);
  pthread_mutex_unlock(&live_mutex);
}

/* The child must not keep the port or a page's connection open; it only closes, since shutdown would reach the parent's
 * sockets too. */
static void fork_child(void) {
  for (connections *all = live; all; all = all->next) {
    all->forked = true;
    if (all->listener >= 0)
      close(all->listener);
    close(all->wake);
    for (size_t i = 0; i < all->room; i++)
      if (all->items[i].used && all->items[i].descriptor >= 0) {
        close(all->items[i].descriptor);
        close(all->items[i].original);
      }
    pthread_mutex_unlock(&all->mutex);
  }
  live = NULL;
  pthread_mutex_unlock(&live_mutex);
}

static void fork_register(void) {
  (void)pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* ---- Sockets ---- */

static bool is_ours(const connections *all, int descriptor) {
  for (size_t i = 0; i < all->room; i++)
    if (all->items[i].used && all->items[i].descriptor == descriptor)
      return true;
  return false;
}

static connection *of_remote(connections *all, unsigned remote) {
  for (size_t i = 0; i < all->room; i++)
    if (all->items[i].used && all->items[i].remote == remote)
      return &all->items[i];
  return NULL;
}

/* What is looked for: the socket of one peer, or (0) any that no connection has claimed. One with bytes that are not
 * read yet is not claimed: it waits for a thread. */
typedef struct wanted {
  connections *all;
  unsigned remote;
} wanted;

static bool is_wanted(void *context, int descriptor, unsigned peer) {
  const wanted *what = context;
  if (is_ours(what->all, descriptor))
    return false;
  return what->remote ? peer == what->remote : !of_remote(what->all, peer) && !sockets_unread(descriptor);
}

static void release(connection *one) {
  if (one->descriptor >= 0)
    close(one->descriptor);
  one->descriptor = one->original = -1;
  one->remote = 0;
}

/* Claims a socket for a connection. The duplicate is asked again who it is, since civetweb may close and reuse its own
 * meanwhile. */
static void claim(connection *one, unsigned remote) {
  connections *all = one->all;
  one->original = sockets_find(all->port, is_wanted, &(wanted){all, remote});
  one->descriptor = one->original < 0 ? -1 : fcntl(one->original, F_DUPFD_CLOEXEC, 3);
  one->remote = one->descriptor < 0 ? 0 : sockets_peer(one->descriptor, all->port);
  one->claimed = now_ms();
  if (!one->remote)
    release(one);
}

static void exchange(connection *one, connection *other) {
  connection kept = {
      .descriptor = one->descriptor, .original = one->original, .remote = one->remote, .claimed = one->claimed};
  one->descriptor = other->descriptor;
  one->original = other->original;
  one->remote = other->remote;
  one->claimed = other->claimed;
  other->descriptor = kept.descriptor;
  other->original = kept.original;
  other->remote = kept.remote;
  other->claimed = kept.claimed;
}

bool connection_identify(connection *one, unsigned remote_port) {
  connections *all = one->all;
  pthread_mutex_lock(&all->mutex);
  connection *holder = one->remote == remote_port ? one : of_remote(all, remote_port);
  if (holder && holder != one)
    exchange(one, holder);
  if (!holder) {
    release(one); /* another's, who will claim it again */
    claim(one, remote_port);
  }
  bool known = one->descriptor >= 0;
  one->sure = known;
  pthread_mutex_unlock(&all->mutex);
  return known;
}

bool connections_listen(connections *all, unsigned port) {
  bool taken = false;
  pthread_mutex_lock(&live_mutex);
  for (const connections *one = live; one; one = one->next)
    taken = taken || one->port == port;
  pthread_mutex_lock(&all->mutex);
  if (!taken) {
    all->port = port;
    all->listener = sockets_listener(port);
  }
  pthread_mutex_unlock(&all->mutex);
  pthread_mutex_unlock(&live_mutex);
  return !taken;
}

/* ---- Sending ---- */

static void wake(const connections *all) {
  uint64_t one = 1;
  ssize_t written = write(all->wake, &one, sizeof one);
  (void)written; /* a full counter wakes as well */
}

void connection_post(connection *viewer, const char *text, size_t length) {
  connections *all = viewer->all;
  pthread_mutex_lock(&all->mutex);
  if (viewer->phase == CONNECTION_VIEWING)
    outbox_add(&viewer->messages, OUTBOX_TEXT, text, length);
  wake(all);
  pthread_mutex_unlock(&all->mutex);
}

void connection_say(connection *one, const char *text) {
  ssize_t sent = send(one->descriptor, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)sent; /* the connection ends either way */
}

void connection_drain(connection *one) {
  char bytes[4096];
  int64_t end = now_ms() + DRAIN_MS;
  size_t rest = one->descriptor >= 0 ? DRAIN_BYTES : 0;
  (void)shutdown(one->descriptor, SHUT_WR);
  connection_enter(one, CONNECTION_READING);
  while (rest) {
    int64_t left = end - now_ms();
    struct pollfd waiting = {.fd = one->descriptor, .events = POLLIN};
    if (left <= 0 || poll(&waiting, 1, (int)left) <= 0)
      return;
    ssize_t got = recv(one->descriptor, bytes, rest < sizeof bytes ? rest : sizeof bytes, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
      return;
    rest -= got > 0 ? (size_t)got : 0;
  }
}

bool connection_gone(const connection *one) {
  char byte;
  return one->descriptor >= 0 && recv(one->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void connection_end(connection *one) {
  (void)shutdown(one->descriptor, SHUT_RDWR);
}

/* ---- Keeping ---- */

/* The socket may be another's that says as little, whose end is due then or soon; but one with a request that nobody
 * reads only waits for a thread. Should it be another's, then this connection claims what is left. */
static void end_unsure(connection *one) {
  if (!sockets_unread(one->descriptor)) {
    connection_say(one, one->all->late);
    connection_end(one);
  }
  release(one);
}

static void end_late(connection *one) {
  if (!one->sure) {
    end_unsure(one);
    return;
  }
  atomic_store(&one->late, true);
  if (one->phase == CONNECTION_WAITING)
    connection_say(one, one->all->late);
  (void)shutdown(one->descriptor, one->phase == CONNECTION_READING ? SHUT_RD : SHUT_RDWR);
}

static bool viewer_talks(const connection *viewer) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  return getsockopt(viewer->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
         info.tcpi_bytes_received > VIEWER_BYTES;
}

static void keep_viewer(connection *viewer, int64_t now, bool look) {
  if (now - viewer->since >= PING_MS) {
    outbox_add(&viewer->messages, OUTBOX_PING, "", 0);
    viewer->since = now;
  }
  bool open = outbox_send(&viewer->messages, viewer->descriptor, now);
  int64_t stuck = viewer->messages.stuck_since;
  if (!open || (stuck && now - stuck >= STUCK_MS) || (look && viewer_talks(viewer)))
    (void)shutdown(viewer->descriptor, SHUT_RDWR);
}

/* Nearly all room is used: whoever waits without asking anything has to go, and strangers who take long, so that
 * requests are served. */
static bool crowded(const connections *all) {
  return all->count + (all->room > 16 ? 4 : 1) > all->room;
}

static bool is_late(const connection *one, int64_t now) {
  if (one->phase == CONNECTION_WORKING || one->descriptor < 0 || atomic_load(&one->late))
    return false;
  bool yields = one->phase == CONNECTION_WAITING || !one->trusted;
  if (!one->sure && now - one->claimed < CROWDED_MS) /* perhaps a younger one's */
    return false;
  if (yields && now - one->began >= CROWDED_MS && crowded(one->all))
    return true;
  return now - one->since >= REQUEST_MS || (one->phase == CONNECTION_WRITING && now >= one->until);
}

/* Sends and ends what is due; gives the descriptors to wait for. The mutex is held. */
static nfds_t keep_all(connections *all) {
  int64_t now = now_ms();
  nfds_t waiting = 0;
  bool look = now - all->looked >= LOOK_MS;
  if (look)
    all->looked = now;
  all->polled[waiting++] = (struct pollfd){.fd = all->wake, .events = POLLIN};
  for (size_t i = 0; i < all->room; i++) {
    connection *one = &all->items[i];
    if (!one->used)
      continue;
    if (one->descriptor < 0 && !one->sure)
      claim(one, 0);
    if (one->phase == CONNECTION_VIEWING)
      keep_viewer(one, now, look);
    else if (is_late(one, now))
      end_late(one);
    if (one->messages.stuck_since)
      all->polled[waiting++] = (struct pollfd){.fd = one->descriptor, .events = POLLOUT};
  }
  return waiting;
}

static void *keeper_run(void *argument) {
  connections *all = argument;
  pthread_mutex_lock(&all->mutex);
  while (!all->stopping) {
    nfds_t waiting = keep_all(all);
    int timeout = waiting > 1 || crowded(all) ? 100 : all->count ? 500 : -1;
    pthread_mutex_unlock(&all->mutex);
    if (poll(all->polled, waiting, timeout) > 0 && (all->polled[0].revents & POLLIN)) {
      uint64_t count;
      ssize_t got = read(all->wake, &count, sizeof count);
      (void)got;
    }
    pthread_mutex_lock(&all->mutex);
  }
  pthread_mutex_unlock(&all->mutex);
  return NULL;
}

/* ---- The table ---- */

connection *connections_add(connections *all, unsigned port) {
  connection *added = NULL;
  pthread_mutex_lock(&all->mutex);
  all->port = port;
  for (size_t i = 0; !added && i < all->room; i++)
    if (!all->items[i].used)
      added = &all->items[i];
  if (added) {
    int64_t now = now_ms();
    *added = (connection){.all = all, .used = true, .descriptor = -1, .original = -1, .since = now, .began = now};
    claim(added, 0);
    if (all->stopping) /* accepted while the others were shut */
      connection_end(added);
    all->count++;
    if (all->count == 1 || crowded(all))
      wake(all); /* deadlines begin to matter */
  }
  pthread_mutex_unlock(&all->mutex);
  return added;
}

void connection_remove(connection *one) {
  connections *all = one->all;
  pthread_mutex_lock(&all->mutex);
  outbox_clear(&one->messages);
  if (one->descriptor >= 0)
    close(one->descriptor);
  one->used = false;
  all->count--;
  all->viewers -= one->phase == CONNECTION_VIEWING;
  pthread_mutex_unlock(&all->mutex);
}

/* The mutex is held. */
static bool enter(connection *one, connection_phase phase) {
  connections *all = one->all;
  bool accepted = phase != CONNECTION_VIEWING || all->viewers < all->most_viewers;
  if (accepted && one->phase != CONNECTION_VIEWING) {
    one->since = now_ms();
    if (one->phase != phase)
      one->began = one->since;
    one->phase = phase;
    all->viewers += phase == CONNECTION_VIEWING;
  }
  return accepted;
}

bool connection_enter(connection *one, connection_phase phase) {
  pthread_mutex_lock(&one->all->mutex);
  bool accepted = enter(one, phase);
  pthread_mutex_unlock(&one->all->mutex);
  return accepted;
}

void connection_answer(connection *one, uint64_t length) {
  pthread_mutex_lock(&one->all->mutex);
  (void)enter(one, CONNECTION_WRITING);
  one->until = one->began + REQUEST_MS + (int64_t)(length / BYTES_MS);
  pthread_mutex_unlock(&one->all->mutex);
}

void connection_trust(connection *one) {
  pthread_mutex_lock(&one->all->mutex);
  one->trusted = true;
  pthread_mutex_unlock(&one->all->mutex);
}

bool connection_late(const connection *one) {
  return atomic_load(&one->late);
}

bool connections_crowded(connections *all) {
  pthread_mutex_lock(&all->mutex);
  bool crowded = all->count >= all->room;
  pthread_mutex_unlock(&all->mutex);
  return crowded;
}

bool connections_viewed(connections *all) {
  pthread_mutex_lock(&all->mutex);
  bool viewed = all->viewers >= all->most_viewers;
  pthread_mutex_unlock(&all->mutex);
  return viewed;
}

bool connections_alive(const connections *all) {
  return !all->forked;
}

/* ---- Begin and end ---- */

static bool keeper_start(connections *all) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  int failed = pthread_create(&all->keeper, NULL, keeper_run, all);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed == 0;
}

static void connections_free(connections *all) {
  free(all->polled);
  free(all->ended);
  free(all);
}

charts_status connections_open(connections **opened, const connections_options *options, charts_error *error) {
  size_t room = options->room;
  *opened = NULL;
  connections *all = memory_new_zeroed(1, sizeof *all + room * sizeof(connection));
  if (!all)
    return error_memory(error);
  all->room = room;
  all->most_viewers = options->viewers;
  all->late = options->late;
  all->listener = -1;
  all->polled = memory_new_zeroed(room + 1, sizeof *all->polled);
  all->ended = memory_new_zeroed(room + QUEUED, sizeof *all->ended);
  all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&all->mutex, NULL);
  if (!all->polled || !all->ended || all->wake < 0 || !keeper_start(all)) {
    if (all->wake >= 0)
      close(all->wake);
    connections_free(all);
    return error_set(error, CHARTS_SERVER, "cannot start a server thread");
  }
  pthread_once(&fork_once, fork_register);
  pthread_mutex_lock(&live_mutex);
  all->next = live;
  live = all;
  pthread_mutex_unlock(&live_mutex);
  *opened = all;
  return CHARTS_OK;
}

void connections_shut(connections *all) {
  pthread_mutex_lock(&all->mutex);
  all->stopping = true;
  if (all->listener >= 0)
    (void)shutdown(all->listener, SHUT_RDWR);
  all->listener = -1;
  all->ended_count = sockets_end(all->port, all->ended, all->ended_count, all->room + QUEUED);
  wake(all);
  pthread_mutex_unlock(&all->mutex);
}

void connections_close(connections *all) {
  pthread_join(all->keeper, NULL);
  sockets_close(all->ended, all->ended_count);
  pthread_mutex_lock(&live_mutex);
  for (connections **link = &live; *link; link = &(*link)->next)
    if (*link == all) {
      *link = all->next;
      break;
    }
  pthread_mutex_unlock(&live_mutex);
  close(all->wake);
  pthread_mutex_destroy(&all->mutex);
  connections_free(all);
}
