#include "seriestext.h"

#include "filebytes.h"

#include <string.h>

charts_status seriestext_refill(void *context, char *bytes, size_t room, size_t *length, charts_error *error) {
  static const char closers[] = "]}";
  seriestext *from = context;
  if (from->limit - from->offset < room)
    room = (size_t)(from->limit - from->offset);
  if (room == 0 && from->closed < 2) {
    bytes[0] = closers[from->closed++];
    *length = 1;
    return CHARTS_OK;
  }
  if (from->most > 0 && from->offset >= from->most)
    return error_set(error, CHARTS_LIMIT, "%s: it takes long to read", from->name);
  charts_status status = filebytes_read(from->file, from->name, bytes, room, from->offset, length, error);
  from->offset += *length;
  return status;
}

charts_status seriestext_name(charts_error *error, charts_status status, const char *name) {
  if (error == NULL || status != CHARTS_FORMAT)
    return status;
  char message[sizeof error->message];
  memcpy(message, error->message, sizeof message);
  return error_set(error, status, "%s: %s", name, message);
}
