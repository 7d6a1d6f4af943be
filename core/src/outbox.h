/* Frames of a WebSocket that wait to be sent: so many that a slow page holds neither memory nor others, and none is
 * lost without a word. One thread at a time. */
#ifndef CHARTS_SRC_OUTBOX_H
#define CHARTS_SRC_OUTBOX_H

#include "buffer.h"

enum { OUTBOX_FRAMES = 16, OUTBOX_BYTES = 4 << 20 };

/* Of a frame: its opcode. */
typedef enum outbox_kind { OUTBOX_TEXT = 1, OUTBOX_PING = 9 } outbox_kind;

typedef struct outbox {
  buffer queue[OUTBOX_FRAMES]; /* whole frames, the first one partly sent */
  size_t queued;
  size_t sent;         /* bytes of the first frame */
  bool lost;           /* a frame that had no room */
  int64_t stuck_since; /* nothing was taken since then; 0: not stuck */
} outbox;

/* Adds one frame. Where there are too many, too much, or no memory, it is lost, and nothing more is sent. */
void outbox_add(outbox *box, outbox_kind kind, const char *bytes, size_t length);
/* Sends what `descriptor` takes without waiting. False when the peer is gone or a frame was lost: the connection has to
 * end, and the page asks anew. `now` in milliseconds. */
bool outbox_send(outbox *box, int descriptor, int64_t now);
void outbox_clear(outbox *box);

#endif
