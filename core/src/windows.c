#include "windows.h"

#include "frame.h"
#include "journal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One series of the request. */
typedef struct part {
  const char *file;
  int descriptor; /* -1: not open */
  charts_status status;
  window answer;
  char *reason;
} part;

static void fail(part *of, const char *reason) {
  of->reason = memory_text(reason, strlen(reason));
}

static void open_part(part *of, const directory *opened) {
  charts_error error;
  of->status = directory_open_series(&of->descriptor, NULL, opened, of->file, &error);
  if (of->status != CHARTS_OK)
    fail(of, error.message);
}

static void read_part(part *of, const directory *opened, const window_request *wanted) {
  charts_error error;
  if (of->status == CHARTS_OK && of->descriptor < 0)
    open_part(of, opened);
  if (of->status != CHARTS_OK)
    return;
  of->status = window_read_open(&of->answer, of->descriptor, of->file, wanted, &error);
  (void)close(of->descriptor);
  of->descriptor = -1;
  if (of->status != CHARTS_OK)
    fail(of, error.message);
}

/* Opens the files between two puts: what is open is not changed by one, since a put gives its name to another file. */
static void hold(part *parts, size_t count, const directory *opened) {
  storage_lock lock;
  journal_share(&lock, directory_descriptor(opened), directory_path(opened));
  for (size_t i = 0; i < count && i < WINDOWS_HELD; i++)
    open_part(&parts[i], opened);
  storage_lock_release(&lock);
}

static void write_frame(buffer *to, part *parts, size_t count) {
  frame_series *items = memory_new_zeroed(count, sizeof *items);
  for (size_t i = 0; items && i < count; i++) {
    items[i].file = parts[i].file;
    if (parts[i].status == CHARTS_OK)
      items[i].answer = &parts[i].answer;
    else
      items[i].error = parts[i].reason ? parts[i].reason : "out of memory";
  }
  if (items)
    frame_write(to, items, count);
  else
    to->failed = true;
  free(items);
}

void windows_write(buffer *to, const directory *opened, const charts_value *files, const window_request *wanted) {
  size_t count = charts_value_count(files);
  part *parts = memory_new_zeroed(count, sizeof *parts);
  if (!parts) {
    to->failed = true;
    return;
  }
  for (size_t i = 0; i < count; i++)
    parts[i] = (part){.file = charts_value_text(charts_value_at(files, i), NULL), .descriptor = -1};
  hold(parts, count, opened);
  for (size_t i = 0; i < count; i++)
    read_part(&parts[i], opened, wanted);
  write_frame(to, parts, count);
  for (size_t i = 0; i < count; i++) {
    if (parts[i].status == CHARTS_OK)
      window_free(&parts[i].answer);
    free(parts[i].reason);
  }
  free(parts);
}
