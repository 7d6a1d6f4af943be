#include "windows.h"

#include "frame.h"
#include "moment.h"
#include "stack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One series of the request. */
typedef struct part {
  const char *file;
  int descriptor; /* -1: not open */
  bool read;
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

/* Ends the reading of a part: its file is closed, and what failed is kept. */
static void end_part(part *of, const char *reason) {
  if (of->descriptor >= 0)
    (void)close(of->descriptor);
  of->descriptor = -1;
  of->read = true;
  if (of->status != CHARTS_OK)
    fail(of, reason);
}

static bool names(const charts_value *list, const char *file) {
  for (size_t i = 0; i < charts_value_count(list); i++) {
    const char *name = charts_value_text(charts_value_at(list, i), NULL);
    if (name != NULL && strcmp(name, file) == 0)
      return true;
  }
  return false;
}

static bool open_late(part *of, const directory *opened) {
  if (of->status == CHARTS_OK && of->descriptor < 0)
    open_part(of, opened);
  return of->status == CHARTS_OK;
}

static void read_part(part *of, const directory *opened, const windows_request *asked) {
  charts_error error;
  window_request wanted = asked->window;
  if (of->read || !open_late(of, opened))
    return;
  wanted.points = asked->points != NULL && names(asked->points, of->file);
  if (wanted.points && asked->point_columns > 0)
    wanted.columns = asked->point_columns;
  of->status = window_answer(&of->answer, opened, of->file, of->descriptor, &wanted, asked->indexer, &error);
  end_part(of, error.message);
}

/* ---- Stacks ---- */

static part *find_part(part *parts, size_t count, const char *file) {
  for (size_t i = 0; i < count && file != NULL; i++)
    if (strcmp(parts[i].file, file) == 0)
      return &parts[i];
  return NULL;
}

/* The parts of a stack as layers; false when one of them is not there or was read already. */
static bool gather(stack_layer *layers, part **members, part *parts, size_t count, const charts_value *stack,
                   const directory *opened) {
  for (size_t i = 0; i < charts_value_count(stack); i++) {
    members[i] = find_part(parts, count, charts_value_text(charts_value_at(stack, i), NULL));
    if (members[i] == NULL || members[i]->read || !open_late(members[i], opened))
      return false;
    for (size_t j = 0; j < i; j++)
      if (members[j] == members[i]) /* it has one answer only */
        return false;
    layers[i] = (stack_layer){.file = members[i]->file, .descriptor = members[i]->descriptor};
  }
  return true;
}

/* Reads a stack whose series share x; another is left to be read series by series. */
static void read_stack(part *parts, size_t count, const charts_value *stack, const directory *opened,
                       const windows_request *asked) {
  size_t height = charts_value_count(stack);
  stack_layer *layers = memory_new_zeroed(height + 1, sizeof *layers);
  part **members = memory_new_zeroed(height + 1, sizeof *members);
  bool read = layers != NULL && members != NULL && height > 1 && gather(layers, members, parts, count, stack, opened) &&
              stack_read(opened, layers, height, &asked->window, NULL) == CHARTS_OK;
  for (size_t i = 0; i < height && read; i++) {
    members[i]->answer = layers[i].answer;
    end_part(members[i], "");
  }
  free(layers);
  free(members);
}

static void close_parts(part *parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i].descriptor >= 0)
      (void)close(parts[i].descriptor);
    free(parts[i].reason);
    parts[i].descriptor = -1;
    parts[i].reason = NULL;
  }
}

/* Opens the files between two puts: what is open is not changed by one, since a put gives its name to another file.
 * Where that cannot be, all of them fail: half of a put is nothing that anybody wrote. */
static void hold(part *parts, size_t count, const directory *opened) {
  moment reading = {0};
  charts_error error;
  charts_status status;
  int folder = directory_descriptor(opened);
  for (;;) {
    status = moment_begin(&reading, folder, directory_path(opened), &error);
    for (size_t i = 0; i < count && i < WINDOWS_HELD && status == CHARTS_OK; i++)
      open_part(&parts[i], opened);
    if (status != CHARTS_OK || moment_end(&reading, folder))
      break;
    close_parts(parts, count);
  }
  for (size_t i = 0; i < count && status != CHARTS_OK; i++) {
    parts[i].status = status;
    end_part(&parts[i], error.message);
  }
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

static part *parts_new(const charts_value *files, size_t *count) {
  *count = charts_value_count(files);
  part *parts = memory_new_zeroed(*count + 1, sizeof *parts);
  for (size_t i = 0; parts && i < *count; i++)
    parts[i] = (part){.file = charts_value_text(charts_value_at(files, i), NULL), .descriptor = -1};
  return parts;
}

static void parts_free(part *parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i].status == CHARTS_OK)
      window_free(&parts[i].answer);
    free(parts[i].reason);
  }
  free(parts);
}

static bool nobody_waits(const windows_request *asked) {
  return asked->window.left != NULL && asked->window.left(asked->window.left_context);
}

void windows_write(buffer *to, const directory *opened, const windows_request *asked) {
  size_t count = 0;
  part *parts = parts_new(asked->files, &count);
  if (!parts) {
    to->failed = true;
    return;
  }
  hold(parts, count, opened);
  for (size_t i = 0; i < charts_value_count(asked->stacks) && !nobody_waits(asked); i++)
    read_stack(parts, count, charts_value_at(asked->stacks, i), opened, asked);
  for (size_t i = 0; i < count; i++) {
    if (nobody_waits(asked) && parts[i].status == CHARTS_OK && !parts[i].read) {
      parts[i].status = CHARTS_INTERRUPTED;
      end_part(&parts[i], "nobody waits for the window");
    }
    read_part(&parts[i], opened, asked);
  }
  write_frame(to, parts, count);
  parts_free(parts, count);
}

void windows_write_nearest(buffer *to, const directory *opened, const charts_value *files, double x) {
  size_t count = 0;
  part *parts = parts_new(files, &count);
  if (!parts) {
    to->failed = true;
    return;
  }
  hold(parts, count, opened);
  for (size_t i = 0; i < count; i++) {
    charts_error error;
    part *of = &parts[i];
    if (!open_late(of, opened))
      continue;
    of->status = window_nearest(&of->answer, opened, of->file, of->descriptor, x, &error);
    end_part(of, error.message);
  }
  write_frame(to, parts, count);
  parts_free(parts, count);
}
