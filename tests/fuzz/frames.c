/* Frames for frame.test.mjs: frames SEED COUNT. For each frame its length and bytes, then the length and bytes of a
 * JSON text that says what is in it: numbers as 16 hex digits of their bits, so that each is compared bit for bit. */
#include "frame.h"
#include "fuzz.h"
#include "json.h"
#include "series.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SERIES_MOST = 6, ROWS_MOST = 40 };

static uint64_t state;

static size_t below(size_t limit) {
  return (size_t)(fuzz_next(&state) % limit);
}

static double any_number(void) {
  static const double odd[] = {0, -0.0, (double)NAN, 1, 1e308, -1e-320, 1147651200000, 0.1};
  uint64_t bits = fuzz_next(&state);
  double number;
  memcpy(&number, &bits, sizeof number);
  return below(3) > 0 ? odd[below(8)] : number;
}

static double finite_number(void) {
  double number = any_number();
  return isfinite(number) ? number : 7;
}

static char *any_text(void) {
  static const char *const parts[] = {"a",  "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\"", "\\", "\n", "\x01",
                                      "]}", " "};
  buffer text = {0};
  buffer_add(&text, "", 0);
  for (size_t i = below(6); i > 0; i--)
    buffer_add_text(&text, parts[below(sizeof parts / sizeof parts[0])]);
  fuzz_require(!text.failed, "out of memory");
  return text.bytes;
}

static void add_column(window *to, const char *role, size_t count, bool texts) {
  window_column *column = &to->columns[to->column_count++];
  *column = (window_column){.role = role, .count = count};
  if (texts)
    column->texts = calloc(count + 1, sizeof *column->texts);
  else
    column->numbers = calloc(count + 1, sizeof *column->numbers);
  fuzz_require(column->texts != NULL || column->numbers != NULL, "out of memory");
  for (size_t i = 0; i < count; i++) {
    if (!texts)
      column->numbers[i] = any_number();
    else if (below(4) > 0)
      column->texts[i] = any_text();
  }
}

static void make_window(window *made) {
  static const char *const roles[][5] = {{NULL},
                                         {"x", "y", NULL},
                                         {"x", "y", NULL},
                                         {"x", "low", "high", NULL},
                                         {"x", "open", "high", "low", "close"},
                                         {"x", "y", NULL},
                                         {"x", "y", NULL}};
  size_t count = below(ROWS_MOST);
  *made =
      (window){.kind = (series_kind)below(7), .raw = below(2) > 0, .sorted = below(2) > 0, .count = below(1U << 30)};
  for (size_t i = 0; i < 5 && roles[made->kind][i] != NULL; i++)
    add_column(made, roles[made->kind][i], count, false);
  if (made->kind == SERIES_NAMED || (made->kind == SERIES_POINTS && below(2) > 0))
    add_column(made, "label", count, true);
  if (made->kind == SERIES_POINTS)
    add_column(made, "point", count, true);
  made->binned = made->kind == SERIES_XY && below(3) == 0;
  if (made->binned)
    add_column(made, "count", count, false);
  made->stacked = below(4) == 0;
  made->indexing = below(4) == 0;
  made->progress = (double)below(101) / 100;
  made->has_x = below(3) > 0;
  made->has_y = below(3) > 0;
  for (size_t i = 0; i < 2; i++) {
    made->x[i] = finite_number();
    made->y[i] = finite_number();
  }
  (void)snprintf(made->stamp, sizeof made->stamp, "%zx", below(1U << 20));
}

/* ---- What is in it ---- */

static void say_text(buffer *to, const char *text) {
  json_write_text(to, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static void say_number(buffer *to, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  buffer_add_format(to, "\"%016" PRIx64 "\"", bits);
}

static void say_column(buffer *to, const window_column *column) {
  buffer_add_format(to, "\"%s\":[", column->role);
  for (size_t i = 0; i < column->count; i++) {
    buffer_add_text(to, i > 0 ? "," : "");
    if (column->texts != NULL)
      say_text(to, column->texts[i]);
    else
      say_number(to, column->numbers[i]);
  }
  buffer_add_char(to, ']');
}

static void say_range(buffer *to, const char *axis, bool there, const double range[2]) {
  buffer_add_format(to, ",\"%s\":", axis);
  if (!there) {
    buffer_add_text(to, "null");
    return;
  }
  buffer_add_char(to, '[');
  say_number(to, range[0]);
  buffer_add_char(to, ',');
  say_number(to, range[1]);
  buffer_add_char(to, ']');
}

static void say_window(buffer *to, const window *of) {
  buffer_add_text(to, ",\"stamp\":");
  say_text(to, of->stamp);
  buffer_add_format(to, ",\"kind\":\"%s\",\"raw\":%d,\"sorted\":%d,\"stacked\":%d,\"binned\":%d,\"count\":%" PRIu64,
                    series_kind_name(of->kind), of->raw, of->sorted, of->stacked, of->binned, of->count);
  if (of->indexing) {
    buffer_add_text(to, ",\"progress\":");
    say_number(to, of->progress);
  }
  say_range(to, "extentX", of->has_x, of->x);
  say_range(to, "extentY", of->has_y, of->y);
  for (int texts = 0; texts < 2; texts++) {
    bool any = false;
    buffer_add_text(to, texts ? ",\"texts\":{" : ",\"columns\":{");
    for (size_t i = 0; i < of->column_count; i++) {
      if ((of->columns[i].texts != NULL) != (texts != 0))
        continue;
      buffer_add_text(to, any ? "," : "");
      say_column(to, &of->columns[i]);
      any = true;
    }
    buffer_add_char(to, '}');
  }
}

static void put(const buffer *from) {
  uint32_t length = (uint32_t)from->length;
  fuzz_require(!from->failed, "out of memory");
  fuzz_require(fwrite(&length, 1, sizeof length, stdout) == sizeof length, "cannot write");
  fuzz_require(fwrite(from->bytes, 1, from->length, stdout) == from->length, "cannot write");
}

static void put_frame(void) {
  window answers[SERIES_MOST];
  frame_series items[SERIES_MOST];
  char *texts[2 * SERIES_MOST];
  size_t count = below(SERIES_MOST + 1);
  buffer frame = {0};
  buffer said = {0};
  buffer_add_char(&said, '[');
  for (size_t i = 0; i < count; i++) {
    make_window(&answers[i]);
    texts[2 * i] = any_text();
    texts[2 * i + 1] = any_text();
    bool failed = below(5) == 0;
    items[i] = (frame_series){texts[2 * i], failed ? NULL : &answers[i], texts[2 * i + 1]};
    buffer_add_text(&said, i > 0 ? ",{\"file\":" : "{\"file\":");
    say_text(&said, texts[2 * i]);
    if (failed) {
      buffer_add_text(&said, ",\"error\":");
      say_text(&said, texts[2 * i + 1]);
    } else {
      say_window(&said, &answers[i]);
    }
    buffer_add_char(&said, '}');
  }
  buffer_add_char(&said, ']');
  frame_write(&frame, items, count);
  put(&frame);
  put(&said);
  for (size_t i = 0; i < count; i++) {
    window_free(&answers[i]);
    free(texts[2 * i]);
    free(texts[2 * i + 1]);
  }
  buffer_free(&frame);
  buffer_free(&said);
}

int main(int count, char **arguments) {
  if (count != 3) {
    (void)fprintf(stderr, "usage: %s SEED COUNT\n", arguments[0]);
    return 2;
  }
  state = 0x9E3779B97F4A7C15U ^ strtoull(arguments[1], NULL, 10);
  for (size_t i = strtoul(arguments[2], NULL, 10); i > 0; i--)
    put_frame();
  return 0;
}
