#include "outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void drop_first(outbox *box) {
  buffer_free(&box->queue[0]);
  for (size_t i = 0; i + 1 < box->queued; i++)
    box->queue[i] = box->queue[i + 1];
  box->queued--;
  memset(&box->queue[box->queued], 0, sizeof(buffer));
}

void outbox_add(outbox *box, outbox_kind kind, const char *bytes, size_t length) {
  size_t waiting = length;
  for (size_t i = 0; i < box->queued; i++)
    waiting += box->queue[i].length;
  box->lost = box->lost || box->queued == OUTBOX_FRAMES || waiting > OUTBOX_BYTES;
  if (box->lost)
    return;
  buffer *frame = &box->queue[box->queued];
  buffer_add_char(frame, (char)(0x80 | kind));
  if (length < 126) {
    buffer_add_char(frame, (char)length);
  } else {
    int size = length < 65536 ? 2 : 8;
    buffer_add_char(frame, size == 2 ? 126 : 127);
    for (int i = size - 1; i >= 0; i--)
      buffer_add_char(frame, (char)((uint64_t)length >> (8 * i)));
  }
  buffer_add(frame, bytes, length);
  box->lost = frame->failed;
  if (box->lost)
    buffer_free(frame);
  else
    box->queued++;
}

bool outbox_send(outbox *box, int descriptor, int64_t now) {
  while (box->queued && !box->lost) {
    const buffer *frame = &box->queue[0];
    ssize_t sent = send(descriptor, frame->bytes + box->sent, frame->length - box->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!box->stuck_since)
        box->stuck_since = now;
      return true;
    }
    if (sent < 0)
      return false;
    box->stuck_since = 0;
    box->sent += (size_t)sent;
    if (box->sent == frame->length) {
      drop_first(box);
      box->sent = 0;
    }
  }
  return !box->lost;
}

void outbox_clear(outbox *box) {
  while (box->queued)
    drop_first(box);
}
