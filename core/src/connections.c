#include "connections.h"

#include "buffer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
  QUEUE = 16,
  REQUEST_MS = 10000,
  CROWDED_MS = 250,      /* for a connection without a request while nearly all room is used */
  STUCK_MS = 2000,       /* a viewer that takes nothing for so long is ended */
  PING_MS = 30000,       /* keeps proxies from closing a quiet WebSocket, and finds dead peers */
  VIEWER_BYTES = 1 << 20 /* a page sends nothing: whoever sends so much is ended */
};

struct connection {
  connections *all;
  bool used;
  int descriptor;  /* ours: a duplicate; -1: none */
  int original;    /* civetweb's: only for the forked child to close */
  unsigned remote; /* the peer's port; 0: unknown */
  connection_phase phase;
  atomic_bool late;
  int64_t since; /* of the phase; of a viewer: of its last ping */
  /* viewers */
  buffer queue[QUEUE]; /* whole frames, the first one partly sent */
  size_t queued;
  size_t sent;         /* bytes of the first frame */
  int64_t stuck_since; /* 0: not stuck */
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
  size_t count;
  size_t viewers;
  struct pollfd *polled;
  connection items[];
};

/* Every server of the process, for the one handler of fork. */
static connections *live;
static pthread_mutex_t live_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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

/* ---- Descriptors ---- */

static unsigned address_port(const struct sockaddr_storage *address) {
  return address->ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port) : 0;
}

/* The port of the peer of `descriptor`, when it is a connection to our `port`; else 0. */
static unsigned peer_port(int descriptor, unsigned port) {
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

/* What is looked for among the process's descriptors: the listener, the socket of one peer, or any socket that no
 * connection has claimed. */
typedef enum wanted { WANTED_LISTENER, WANTED_PEER, WANTED_UNCLAIMED } wanted;

static bool is_wanted(connections *all, int descriptor, wanted what, unsigned remote) {
  if (what == WANTED_LISTENER)
    return is_listener(descriptor, all->port);
  unsigned peer = peer_port(descriptor, all->port);
  if (!peer || is_ours(all, descriptor))
    return false;
  return what == WANTED_PEER ? peer == remote : !of_remote(all, peer);
}

/* -1 when it is not there. The mutex is held. */
static int find_socket(connections *all, wanted what, unsigned remote) {
  int found = -1;
  DIR *descriptors = opendir("/proc/self/fd");
  if (!descriptors)
    return -1;
  for (struct dirent *entry; found < 0 && (entry = readdir(descriptors));) {
    char *end;
    long number = strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && !*end && number <= INT_MAX && is_wanted(all, (int)number, what, remote))
      found = (int)number;
  }
  closedir(descriptors);
  return found;
}

/* Claims a socket for a connection. The duplicate is asked again who it is, since civetweb may close and reuse its own
 * meanwhile. */
static void claim(connection *one, wanted what, unsigned remote) {
  connections *all = one->all;
  one->original = find_socket(all, what, remote);
  one->descriptor = one->original < 0 ? -1 : fcntl(one->original, F_DUPFD_CLOEXEC, 3);
  one->remote = one->descriptor < 0 ? 0 : peer_port(one->descriptor, all->port);
  if (one->descriptor >= 0 && !one->remote) {
    close(one->descriptor);
    one->descriptor = -1;
  }
}

static void exchange(connection *one, connection *other) {
  connection kept = {.descriptor = one->descriptor, .original = one->original, .remote = one->remote};
  one->descriptor = other->descriptor;
  one->original = other->original;
  one->remote = other->remote;
  other->descriptor = kept.descriptor;
  other->original = kept.original;
  other->remote = kept.remote;
}

bool connection_identify(connection *one, unsigned remote_port) {
  connections *all = one->all;
  pthread_mutex_lock(&all->mutex);
  connection *holder = one->remote == remote_port ? one : of_remote(all, remote_port);
  if (holder && holder != one)
    exchange(one, holder);
  if (!holder) {
    if (one->descriptor >= 0)
      close(one->descriptor); /* another's, who will claim it again */
    claim(one, WANTED_PEER, remote_port);
  }
  bool known = one->descriptor >= 0;
  pthread_mutex_unlock(&all->mutex);
  return known;
}

void connections_listen(connections *all, unsigned port) {
  pthread_mutex_lock(&all->mutex);
  all->port = port;
  all->listener = find_socket(all, WANTED_LISTENER, 0);
  pthread_mutex_unlock(&all->mutex);
}

/* ---- Sending ---- */

static void wake(const connections *all) {
  uint64_t one = 1;
  ssize_t written = write(all->wake, &one, sizeof one);
  (void)written; /* a full counter wakes as well */
}

static void queue_drop(connection *viewer, size_t place) {
  buffer_free(&viewer->queue[place]);
  for (size_t i = place; i + 1 < viewer->queued; i++)
    viewer->queue[i] = viewer->queue[i + 1];
  viewer->queued--;
  memset(&viewer->queue[viewer->queued], 0, sizeof(buffer));
}

/* Queues one frame. The mutex is held. */
static void queue_frame(connection *viewer, unsigned char opcode, const char *bytes, size_t length) {
  if (viewer->queued == QUEUE)
    queue_drop(viewer, viewer->sent ? 1 : 0);
  buffer *frame = &viewer->queue[viewer->queued];
  buffer_add_char(frame, (char)(0x80 | opcode));
  if (length < 126) {
    buffer_add_char(frame, (char)length);
  } else {
    int size = length < 65536 ? 2 : 8;
    buffer_add_char(frame, size == 2 ? 126 : 127);
    for (int i = size - 1; i >= 0; i--)
      buffer_add_char(frame, (char)((uint64_t)length >> (8 * i)));
  }
  buffer_add(frame, bytes, length);
  if (frame->failed) /* out of memory: the page gets the next revision */
    buffer_free(frame);
  else
    viewer->queued++;
}

static void flush_queue(connection *viewer, int64_t now) {
  while (viewer->queued) {
    const buffer *frame = &viewer->queue[0];
    ssize_t sent = send(viewer->descriptor, frame->bytes + viewer->sent, frame->length - viewer->sent,
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!viewer->stuck_since)
        viewer->stuck_since = now;
      return;
    }
    if (sent < 0) {
      (void)shutdown(viewer->descriptor, SHUT_RDWR);
      return;
    }
    viewer->stuck_since = 0;
    viewer->sent += (size_t)sent;
    if (viewer->sent == frame->length) {
      queue_drop(viewer, 0);
      viewer->sent = 0;
    }
  }
}

void connection_post(connection *viewer, const char *text, size_t length) {
  connections *all = viewer->all;
  pthread_mutex_lock(&all->mutex);
  if (viewer->phase == CONNECTION_VIEWING)
    queue_frame(viewer, 1, text, length);
  wake(all);
  pthread_mutex_unlock(&all->mutex);
}

void connection_say(connection *one, const char *text) {
  ssize_t sent = send(one->descriptor, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)sent; /* the connection ends either way */
}

bool connection_gone(const connection *one) {
  char byte;
  return one->descriptor >= 0 && recv(one->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void connection_end(connection *one) {
  (void)shutdown(one->descriptor, SHUT_RDWR);
}

/* ---- Keeping ---- */

static const char late_answer[] =
    "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nContent-Length: 100\r\n"
    "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    "{\"type\":\"about:blank\",\"title\":\"Request Timeout\",\"status\":408,"
    "\"detail\":\"the request came too slowly\"}";

static void end_late(connection *one) {
  atomic_store(&one->late, true);
  if (one->phase == CONNECTION_WAITING)
    connection_say(one, late_answer);
  (void)shutdown(one->descriptor, one->phase == CONNECTION_READING ? SHUT_RD : SHUT_RDWR);
}

static bool viewer_talks(const connection *viewer) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  return getsockopt(viewer->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
         info.tcpi_bytes_received > VIEWER_BYTES;
}

static void keep_viewer(connection *viewer, int64_t now) {
  if (now - viewer->since >= PING_MS) {
    queue_frame(viewer, 9, "", 0);
    viewer->since = now;
  }
  flush_queue(viewer, now);
  if ((viewer->stuck_since && now - viewer->stuck_since >= STUCK_MS) || viewer_talks(viewer))
    (void)shutdown(viewer->descriptor, SHUT_RDWR);
}

/* Nearly all room is used: whoever waits without asking anything has to go, so that requests are served. */
static bool crowded(const connections *all) {
  return all->count + (all->room > 16 ? 4 : 1) > all->room;
}

static bool is_late(const connection *one, int64_t now) {
  int64_t limit = one->phase == CONNECTION_WAITING && crowded(one->all) ? CROWDED_MS : REQUEST_MS;
  return one->phase != CONNECTION_WORKING && !atomic_load(&one->late) && now - one->since >= limit;
}

/* Sends and ends what is due; gives the descriptors to wait for. The mutex is held. */
static nfds_t keep_all(connections *all) {
  int64_t now = now_ms();
  nfds_t waiting = 0;
  all->polled[waiting++] = (struct pollfd){.fd = all->wake, .events = POLLIN};
  for (size_t i = 0; i < all->room; i++) {
    connection *one = &all->items[i];
    if (!one->used)
      continue;
    if (one->phase == CONNECTION_VIEWING)
      keep_viewer(one, now);
    else if (is_late(one, now))
      end_late(one);
    if (one->stuck_since)
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
    *added = (connection){.all = all, .used = true, .descriptor = -1, .original = -1, .since = now_ms()};
    claim(added, WANTED_UNCLAIMED, 0);
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
  while (one->queued)
    queue_drop(one, one->queued - 1);
  if (one->descriptor >= 0)
    close(one->descriptor);
  one->used = false;
  all->count--;
  all->viewers -= one->phase == CONNECTION_VIEWING;
  pthread_mutex_unlock(&all->mutex);
}

bool connection_enter(connection *one, connection_phase phase) {
  connections *all = one->all;
  pthread_mutex_lock(&all->mutex);
  bool accepted = phase != CONNECTION_VIEWING || all->viewers < all->room * 3 / 4;
  if (accepted && one->phase != CONNECTION_VIEWING) {
    one->phase = phase;
    one->since = now_ms();
    all->viewers += phase == CONNECTION_VIEWING;
  }
  pthread_mutex_unlock(&all->mutex);
  return accepted;
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

charts_status connections_open(connections **opened, size_t room, charts_error *error) {
  *opened = NULL;
  connections *all = memory_new_zeroed(1, sizeof *all + room * sizeof(connection));
  if (!all)
    return error_memory(error);
  all->room = room;
  all->listener = -1;
  all->polled = memory_new_zeroed(room + 1, sizeof *all->polled);
  all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&all->mutex, NULL);
  if (!all->polled || all->wake < 0 || !keeper_start(all)) {
    if (all->wake >= 0)
      close(all->wake);
    free(all->polled);
    free(all);
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
  for (size_t i = 0; i < all->room; i++)
    if (all->items[i].used)
      (void)shutdown(all->items[i].descriptor, SHUT_RDWR);
  wake(all);
  pthread_mutex_unlock(&all->mutex);
}

void connections_close(connections *all) {
  pthread_join(all->keeper, NULL);
  pthread_mutex_lock(&live_mutex);
  for (connections **link = &live; *link; link = &(*link)->next)
    if (*link == all) {
      *link = all->next;
      break;
    }
  pthread_mutex_unlock(&live_mutex);
  close(all->wake);
  pthread_mutex_destroy(&all->mutex);
  free(all->polled);
  free(all);
}
