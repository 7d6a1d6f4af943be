#include "append.h"

#include "beneath.h"
#include "clock.h"
#include "filebytes.h"
#include "indexing.h"
#include "moment.h"
#include "pyramidstore.h"
#include "readback.h"
#include "rowscan.h"
#include "seriestail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HELD_BYTES = 1 << 20, INDEX_FROM = 320 << 10, INDEX_TO = 8 << 20, ATTEMPTS = 20, ATTEMPTS_MS = 10000 };

/* The file of a series and what is known of its end. */
typedef struct target {
  const directory *opened;
  const series *from;
  const series_list *list;
  char file[FILE_NAME_ROOM];
  int descriptor;
  struct stat status;
  bool there;
  bool in_place; /* ours, and it ends in `]}` or was torn off: it is appended to where it is */
  bool torn;     /* what stands behind `end` goes */
  uint64_t end;  /* where the new text begins */
  series_kind kind;
  bool any;                 /* points stand before */
  bool settled;             /* no later write can have the mtime that ours ended with */
  charts_value *attributes; /* NULL with a pyramid */
  /* the pyramid */
  int stored; /* -1: none that fits */
  pyramid_state state;
  uint64_t key;
} target;

/* ---- What is there ---- */

static void target_close(target *of) {
  if (of->descriptor >= 0)
    (void)close(of->descriptor);
  if (of->stored >= 0)
    (void)close(of->stored);
  charts_value_free(of->attributes);
  of->descriptor = of->stored = -1;
  of->attributes = NULL;
}

static bool ends_with_closers(const target *of, uint64_t end) {
  uint64_t size = (uint64_t)of->status.st_size;
  return end + 2 == size && seriestail_closed(of->descriptor, of->file, size);
}

/* The pyramid of the state that the file is in tells all that is needed. */
static bool look_at_pyramid(target *of) {
  of->stored = pyramidstore_open(directory_own(of->opened), of->file, true);
  pyramid_stamp stamp = pyramid_stamp_of(&of->status, true);
  bool fits = of->stored >= 0 && pyramid_read_state(&of->state, &of->key, of->stored, of->file, NULL) == CHARTS_OK &&
              of->state.stamp.settled && pyramid_stamp_equal(&of->state.stamp, &stamp) &&
              ends_with_closers(of, of->state.data_end);
  if (fits) {
    of->kind = of->state.kind;
    of->any = of->state.totals.count > 0;
    of->end = of->state.data_end;
    of->in_place = seriesfile_begins_as_ours(of->descriptor, of->file);
  } else if (of->stored >= 0) {
    (void)close(of->stored);
    of->stored = -1;
  }
  return fits;
}

/* Reads the head and the tail of a file. */
static charts_status look_at_text(target *of, charts_error *error) {
  series_head head;
  seriestail tail;
  charts_status status = seriesfile_head(&head, of->descriptor, of->file, error);
  if (status == CHARTS_OK && head.guessed) {
    series_head_free(&head);
    status = seriesfile_head_whole(&head, of->descriptor, of->file, error);
  }
  if (status != CHARTS_OK)
    return status;
  of->kind = head.kind;
  of->any = head.kind != SERIES_EMPTY;
  of->attributes = head.attributes;
  head.attributes = NULL;
  of->torn = head.torn;
  of->end = head.limit + 1; /* behind the newline */
  of->in_place = head.torn;
  if (!head.torn && head.data_last) {
    seriestail_look how = {.kind = head.kind, .data_start = head.data_start, .ours = true};
    status = seriestail_find(&tail, of->descriptor, of->file, &how, error);
    of->end = tail.close;
    of->in_place = status == CHARTS_OK && tail.kind == TAIL_LAST && ends_with_closers(of, tail.close) &&
                   seriesfile_begins_as_ours(of->descriptor, of->file);
    seriestail_free(&tail);
  }
  of->state = (pyramid_state){.kind = head.kind, .data_start = head.data_start};
  seriesfile_counted_x(of->attributes, &of->state.start, &of->state.interval);
  series_head_free(&head);
  return status;
}

/* Opens the series' file and finds out how it ends; *there is false when there is none. */
static charts_status look(target *of, charts_error *error) {
  charts_error reason;
  charts_status status = directory_open_series(&of->descriptor, &of->status, of->opened, of->file, &reason);
  if (status == CHARTS_OK) {
    (void)close(of->descriptor); /* it is a regular file: opened anew for writing */
    of->descriptor = beneath_file(directory_descriptor(of->opened), of->file, O_RDWR, NULL);
    if (of->descriptor < 0 && errno != ENOENT)
      return error_system(error, errno, "cannot write", of->file);
    of->there = of->descriptor >= 0;
    if (of->there && fstat(of->descriptor, &of->status) != 0)
      return error_system(error, errno, "cannot read", of->file);
  }
  if (status == CHARTS_NOT_FOUND || (status == CHARTS_OK && !of->there))
    return CHARTS_OK;
  if (status != CHARTS_OK)
    return error_set(error, status, "%s", reason.message);
  return look_at_pyramid(of) ? CHARTS_OK : look_at_text(of, error);
}

static bool is_time(const charts_value *attributes) {
  const char *type = charts_value_text(charts_value_get(attributes, "xtype"), NULL);
  return type != NULL && strcmp(type, "datetime") == 0;
}

/* What the file says about itself: with a pyramid that was not read yet. */
static charts_status know_attributes(target *of, charts_error *error) {
  series_head head;
  if (of->attributes != NULL)
    return CHARTS_OK;
  charts_status status = seriesfile_head(&head, of->descriptor, of->file, error);
  if (status != CHARTS_OK)
    return status;
  of->attributes = head.attributes;
  head.attributes = NULL;
  series_head_free(&head);
  return CHARTS_OK;
}

/* Whether the points may stand behind those of the file. */
static charts_status check(target *of, charts_error *error) {
  const series *from = of->from;
  if (!of->there || from->kind == SERIES_EMPTY || of->kind == SERIES_EMPTY)
    return CHARTS_OK;
  if (from->kind != of->kind)
    return error_set(error, CHARTS_TYPE, "series %s: it holds points of the kind %s, and %s cannot be appended to them",
                     from->name, series_kind_name(of->kind), series_kind_name(from->kind));
  if (!is_time(from->attributes))
    return CHARTS_OK;
  charts_status status = know_attributes(of, error);
  if (status == CHARTS_OK && !is_time(of->attributes))
    return error_set(error, CHARTS_TYPE, "series %s: its x are numbers, and times cannot be appended to them",
                     from->name);
  return status;
}

/* ---- In place ---- */

/* Text on its way to the end of the file: held back, so that a small append is one write. */
typedef struct output {
  target *into;
  buffer held;
  uint64_t at;
  bool touched; /* something was written, perhaps not all of it */
} output;

static charts_status write_out(output *to, charts_error *error) {
  const buffer *held = &to->held;
  if (held->failed)
    return error_memory(error);
  to->touched = true;
  charts_status status =
      filebytes_write(to->into->descriptor, to->into->file, held->bytes, held->length, to->at, error);
  if (status != CHARTS_OK)
    return status;
  to->at += held->length;
  buffer_clear(&to->held);
  return CHARTS_OK;
}

static charts_status hold(void *context, const char *bytes, size_t length, charts_error *error) {
  output *to = context;
  const series_list *list = to->into->list;
  if (list->poll != NULL && list->poll(list->poll_context))
    return error_set(error, CHARTS_INTERRUPTED, "the call was interrupted; nothing was changed");
  buffer_add(&to->held, bytes, length);
  if (to->held.failed)
    return error_memory(error);
  return to->held.length > HELD_BYTES ? write_out(to, error) : CHARTS_OK;
}

static void note_progress(void *context, uint64_t rows, uint64_t of) {
  const output *to = context;
  series_list_progress(to->into->list, to->into->from->name, rows, of);
}

/* Puts the end of the file back as it was. Who is killed in it, or cannot, leaves what stood there before: behind the
 * text that goes first there is a newline then, as in every broken append. */
static void restore(const target *of, const output *written) {
  static const char closers[] = "]}";
  uint64_t end = of->end;
  uint64_t kept = of->torn ? 0 : 2;   /* the place of the closers: on a full disk there may be no other */
  if (!written->touched && !of->torn) /* nothing was changed, and the pyramid goes on to fit */
    return;
  if (ftruncate(of->descriptor, (off_t)(end + kept)) == 0)
    (void)!filebytes_write(of->descriptor, of->file, closers, 2, end, NULL);
}

/* Makes the pyramid's unfinished leaf again from the text. */
static charts_status read_pending(rowwriter *writer, const target *of, charts_error *error) {
  uint64_t first = of->state.leaves * pyramid_leaf_rows(of->kind);
  size_t count = (size_t)(of->state.totals.count - first);
  uint64_t offset = 0;
  double *rows = NULL;
  rowscan scan = {.file = of->descriptor,
                  .name = of->file,
                  .kind = of->kind,
                  .start = of->state.start,
                  .interval = of->state.interval,
                  .from = of->state.tail,
                  .limit = of->state.data_end,
                  .place = first,
                  .block = pyramid_leaf_rows(of->kind)};
  if (count == 0)
    return CHARTS_OK;
  rowcursor *cursor = rowcursor_open(&scan);
  charts_status status = cursor != NULL ? CHARTS_OK : error_memory(error);
  if (status == CHARTS_OK)
    status = rowcursor_next(cursor, &rows, &writer->pending_count, &offset, error);
  if (status == CHARTS_OK && writer->pending_count != count)
    status = error_set(error, CHARTS_FORMAT, "%s: the pyramid does not fit the file", of->file);
  if (status == CHARTS_OK)
    memcpy(writer->pending, rows, count * series_width(of->kind) * sizeof *rows);
  rowcursor_close(cursor);
  return status;
}

/* The writer as it stands behind the points of the file, with the pyramid where that fits. */
static void begin_writer(rowwriter *writer, series_output *to, target *of) {
  *writer = (rowwriter){.to = to, .state = of->state, .behind = of->any};
  if (of->stored >= 0) {
    to->pyramid = pyramid_resume(of->stored, &of->state, of->key);
    if (to->pyramid != NULL && read_pending(writer, of, NULL) != CHARTS_OK) {
      pyramid_builder_free(to->pyramid);
      to->pyramid = NULL;
      writer->pending_count = 0;
    }
  } else {
    writer->state.totals = totals_none();
    writer->state.kind = of->from->kind;
  }
}

/* Writes the header of the pyramid, now that the text stands. A text whose pyramid is not there has none that fits. */
static void finish_pyramid(target *of, rowwriter *writer, pyramid_builder *builder) {
  struct stat status;
  if (builder == NULL || !of->settled || fstat(of->descriptor, &status) != 0)
    return;
  writer->state.stamp = pyramid_stamp_of(&status, true);
  if (writer->pending_count == 0)
    writer->state.tail = writer->state.data_end;
  if (writer->state.stamp.size == writer->state.data_end + 2)
    (void)pyramid_finish(builder, &writer->state);
}

static charts_status sync_text(const target *of, charts_error *error) {
  return directory_syncs(of->opened) ? filebytes_sync(of->descriptor, of->file, error) : CHARTS_OK;
}

/* Cuts a torn file back, and brings the newline into place that tells where the new text begins: what stands behind the
 * last one is not there until it is closed. When a power cut must not tear the file, the newline is on the disk before
 * what it stands for, and that before the closers: blocks of a file reach the disk in any order. */
static charts_status write_newline(target *of, output *to, charts_error *error) {
  if (of->torn && ftruncate(of->descriptor, (off_t)of->end) != 0)
    return error_system(error, errno, "cannot write", of->file);
  if (!of->torn)
    buffer_add_char(&to->held, '\n');
  if (!directory_syncs(of->opened))
    return CHARTS_OK;
  charts_status status = write_out(to, error);
  return status == CHARTS_OK ? sync_text(of, error) : status;
}

static charts_status write_text(target *of, output *to, rowwriter *writer, charts_error *error) {
  charts_status status = write_newline(of, to, error);
  if (status != CHARTS_OK)
    return status;
  writer->state.data_end = to->at + to->held.length;
  status = seriesfile_write_points(writer, of->from, error);
  if (status == CHARTS_OK && directory_syncs(of->opened)) {
    status = write_out(to, error);
    if (status == CHARTS_OK)
      status = sync_text(of, error);
  }
  buffer_add_text(&to->held, "]}");
  if (status == CHARTS_OK)
    status = write_out(to, error);
  if (status != CHARTS_OK)
    return status;
  of->settled = storage_settle(of->descriptor);
  return sync_text(of, error);
}

static charts_status append_in_place(target *of, charts_error *error) {
  output to = {.into = of, .at = of->end};
  series_output out = {.write = hold, .progress = note_progress, .context = &to};
  rowwriter *writer = memory_new(sizeof *writer);
  if (writer == NULL)
    return error_memory(error);
  begin_writer(writer, &out, of);
  charts_status status = write_text(of, &to, writer, error);
  if (status == CHARTS_OK)
    finish_pyramid(of, writer, out.pyramid);
  else
    restore(of, &to);
  pyramid_builder_free(out.pyramid);
  buffer_free(&to.held);
  free(writer);
  return status;
}

/* ---- Otherwise ---- */

/* Puts one series alone, only while the file that it replaces has this stamp, or, with "", is not there. */
static charts_status put_one(const target *of, series *item, const char *stamp, charts_error *error) {
  directory_report report = {0};
  series_list one = {.items = item,
                     .count = 1,
                     .poll = of->list->poll,
                     .poll_context = of->list->poll_context,
                     .progress = of->list->progress,
                     .progress_context = of->list->progress_context,
                     .unless_changed = stamp};
  return directory_put(of->opened, &one, false, &report, NULL, error);
}

/* A series that is empty gets what its first points say about themselves too. */
static charts_status fill_empty(const target *of, charts_error *error) {
  series merged = *of->from;
  char stamp[64];
  seriesfile_stamp(stamp, &of->status);
  merged.attributes = value_merge(of->attributes, of->from->attributes);
  merged.display_given = merged.index_given = false;
  charts_status status = merged.attributes != NULL ? put_one(of, &merged, stamp, error) : error_memory(error);
  charts_value_free(merged.attributes);
  return status;
}

/* Writes the file of another program as we write it: then it can be appended to. */
static charts_status adopt(const target *of, charts_error *error) {
  charts_value *value = NULL;
  series_list list;
  char stamp[64];
  seriesfile_stamp(stamp, &of->status);
  charts_status status = readback_file(&value, of->descriptor, of->file, of->from->name, error);
  if (status != CHARTS_OK)
    return status;
  status = series_read(&list, value, &(series_request){0}, NULL, error);
  if (status == CHARTS_OK) {
    if (list.count == 1)
      status = put_one(of, &list.items[0], stamp, error);
    series_list_free(&list);
  }
  charts_value_free(value);
  return status;
}

/* Series that appends have made large enough get their pyramid here: from then on it grows with them. */
static void index_grown(const target *of) {
  struct stat status;
  if (of->stored >= 0 || !of->settled || fstat(of->descriptor, &status) != 0 || status.st_size < INDEX_FROM ||
      status.st_size > INDEX_TO)
    return;
  indexing work = {of->opened, of->file, of->descriptor, true, NULL, NULL};
  (void)!indexing_run(&work, NULL);
}

/* ---- The call ---- */

static charts_status try_one(target *of, bool *again, charts_error *error) {
  charts_status status = look(of, error);
  *again = false;
  if (status == CHARTS_OK)
    status = check(of, error);
  if (status != CHARTS_OK || of->from->kind == SERIES_EMPTY)
    return status;
  bool fills = of->there && !of->any && is_time(of->from->attributes) && !is_time(of->attributes);
  if (!of->there || fills) {
    status = fills ? fill_empty(of, error) : put_one(of, (series *)(uintptr_t)of->from, "", error);
    *again = status == CHARTS_REFUSED; /* a put was quicker: there is something to append to now */
    return status;
  }
  *again = !of->in_place;
  status = of->in_place ? append_in_place(of, error) : adopt(of, error);
  if (status == CHARTS_OK && of->in_place)
    index_grown(of);
  return status;
}

static target target_of(const directory *opened, const series_list *list, size_t place) {
  target of = {.opened = opened, .list = list, .from = &list->items[place], .descriptor = -1, .stored = -1};
  directory_file_name(of.file, of.from->name, strlen(of.from->name));
  return of;
}

/* Whether to look anew. Behind a file that was made ours now, whatever that took; behind a put that was quicker, while
 * there is time. */
static bool goes_on(charts_status status, int attempt, int64_t began) {
  bool late = attempt >= ATTEMPTS || (status != CHARTS_OK && now_ms() - began >= ATTEMPTS_MS);
  return !late && (status == CHARTS_OK || status == CHARTS_REFUSED);
}

/* A file of another program is made ours first; one that is replaced meanwhile is looked at anew. */
static charts_status append_one(const directory *opened, const series_list *list, size_t place, charts_error *error) {
  storage_lock lock;
  int folder = directory_descriptor(opened);
  target of = target_of(opened, list, place);
  charts_status status = storage_lock_take_series(&lock, folder, of.file, directory_path(opened), error);
  if (status != CHARTS_OK)
    return status;
  bool again;
  int64_t began = now_ms();
  int attempt = 0;
  do {
    status = try_one(&of, &again, error);
    target_close(&of);
    of = target_of(opened, list, place);
  } while (again && goes_on(status, ++attempt, began));
  storage_lock_release(&lock);
  if (again && status == CHARTS_OK)
    return error_set(error, CHARTS_REFUSED, "series %s: another program writes it again and again", of.from->name);
  return status;
}

static charts_status check_one(const directory *opened, const series_list *list, size_t place, charts_error *error) {
  target of = target_of(opened, list, place);
  charts_status status = look(&of, error);
  if (status == CHARTS_OK)
    status = check(&of, error);
  target_close(&of);
  return status;
}

/* Says which series of a call have their rows, as many as there is room for, so that nobody appends them twice. */
static void say_appended(const series_list *list, size_t count, charts_error *error) {
  buffer text = {0};
  size_t said = 0;
  if (error == NULL || count == 0)
    return;
  /* Of one series nothing was changed; of the call something was. */
  buffer_add_format(&text, "%s; appended before that: ",
                    error->status == CHARTS_INTERRUPTED ? "the call was interrupted" : error->message);
  size_t room = sizeof error->message - 64;
  for (; said < count && (said == 0 || text.length + strlen(list->items[said].name) < room); said++)
    buffer_add_format(&text, "%s%s", said > 0 ? ", " : "", list->items[said].name);
  if (said < count)
    buffer_add_format(&text, " and %zu more", count - said);
  if (!text.failed)
    (void)error_set(error, error->status, "%s", text.bytes);
  buffer_free(&text);
}

charts_status append_series(const directory *opened, const series_list *list, charts_error *error) {
  size_t appended = 0;
  /* What a killed process left comes first. */
  charts_status status = moment_settle(directory_descriptor(opened), directory_path(opened), error);
  for (size_t i = 0; i < list->count && list->count > 1 && status == CHARTS_OK; i++)
    status = check_one(opened, list, i, error);
  while (appended < list->count && status == CHARTS_OK) {
    status = append_one(opened, list, appended, error);
    appended += status == CHARTS_OK;
  }
  if (status == CHARTS_OK && directory_syncs(opened)) /* who put the series may not have waited for its name */
    status = storage_sync_names(directory_descriptor(opened), directory_path(opened), error);
  if (status != CHARTS_OK)
    say_appended(list, appended, error);
  return status;
}
