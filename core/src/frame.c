#include "frame.h"

#include "json.h"

#include <inttypes.h>
#include <string.h>

enum { ALIGNMENT = 8 };

static const char MAGIC[8] = {'C', 'H', 'A', 'R', 'T', 'S', 'F', '1'};

static size_t aligned(size_t length) {
  return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Bytes of a column's payload, without the padding behind it. */
static size_t column_size(const window_column *column) {
  if (column->texts == NULL)
    return column->count * sizeof(double);
  size_t size = (column->count + 1) * sizeof(uint32_t);
  for (size_t i = 0; i < column->count; i++)
    if (column->texts[i] != NULL)
      size += strlen(column->texts[i]);
  return size;
}

static void write_u32(buffer *to, uint32_t number) {
  unsigned char bytes[4] = {(unsigned char)number, (unsigned char)(number >> 8), (unsigned char)(number >> 16),
                            (unsigned char)(number >> 24)};
  buffer_add(to, bytes, sizeof bytes);
}

static void write_numbers(buffer *to, const window_column *column) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  buffer_add(to, column->numbers, column->count * sizeof(double));
#else
  for (size_t i = 0; i < column->count; i++) {
    uint64_t bits = 0;
    memcpy(&bits, &column->numbers[i], sizeof bits);
    write_u32(to, (uint32_t)bits);
    write_u32(to, (uint32_t)(bits >> 32));
  }
#endif
}

static void write_texts(buffer *to, const window_column *column) {
  uint32_t offset = 0;
  write_u32(to, offset);
  for (size_t i = 0; i < column->count; i++) {
    offset += column->texts[i] != NULL ? (uint32_t)strlen(column->texts[i]) : 0;
    write_u32(to, offset);
  }
  for (size_t i = 0; i < column->count; i++)
    if (column->texts[i] != NULL)
      buffer_add_text(to, column->texts[i]);
}

static void pad(buffer *to, size_t length, char with) {
  for (size_t i = length; i < aligned(length); i++)
    buffer_add_char(to, with);
}

static void write_member(buffer *to, const char *key, const char *text) {
  json_write_text(to, key, strlen(key));
  buffer_add_char(to, ':');
  json_write_text(to, text, strlen(text));
}

static void write_range(buffer *to, const char *key, bool there, const double range[2]) {
  buffer_add_format(to, "\"%s\":", key);
  if (!there) {
    buffer_add_text(to, "null");
    return;
  }
  buffer_add_char(to, '[');
  json_write_number(to, range[0]);
  buffer_add_char(to, ',');
  json_write_number(to, range[1]);
  buffer_add_char(to, ']');
}

/* Describes the columns and moves *offset behind the last one. */
static void write_columns(buffer *to, const window *answer, size_t *offset) {
  buffer_add_text(to, "\"columns\":[");
  for (size_t i = 0; i < answer->column_count; i++) {
    const window_column *column = &answer->columns[i];
    buffer_add_format(to, "%s{\"role\":\"%s\",\"type\":\"%s\",\"offset\":%zu,\"count\":%zu}", i > 0 ? "," : "",
                      column->role, column->texts != NULL ? "text" : "f64", *offset, column->count);
    *offset += aligned(column_size(column));
  }
  buffer_add_char(to, ']');
}

static void write_answer(buffer *to, const window *answer, size_t *offset) {
  write_member(to, "stamp", answer->stamp);
  buffer_add_char(to, ',');
  write_member(to, "kind", series_kind_name(answer->kind));
  buffer_add_format(to, ",\"raw\":%s,\"sorted\":%s,\"count\":%" PRIu64 ",\"extent\":{", answer->raw ? "true" : "false",
                    answer->sorted ? "true" : "false", answer->count);
  write_range(to, "x", answer->has_x, answer->x);
  buffer_add_char(to, ',');
  write_range(to, "y", answer->has_y, answer->y);
  buffer_add_text(to, "},");
  if (answer->stacked)
    buffer_add_text(to, "\"stacked\":true,");
  if (answer->binned)
    buffer_add_text(to, "\"binned\":true,");
  if (answer->indexing) {
    buffer_add_text(to, "\"progress\":");
    json_write_number(to, answer->progress);
    buffer_add_char(to, ',');
  }
  write_columns(to, answer, offset);
}

static void write_header(buffer *to, const frame_series *items, size_t count) {
  size_t offset = 0;
  buffer_add_text(to, "{\"series\":[");
  for (size_t i = 0; i < count; i++) {
    buffer_add_text(to, i > 0 ? ",{" : "{");
    write_member(to, "file", items[i].file);
    buffer_add_char(to, ',');
    if (items[i].answer != NULL)
      write_answer(to, items[i].answer, &offset);
    else
      write_member(to, "error", items[i].error != NULL ? items[i].error : "");
    buffer_add_char(to, '}');
  }
  buffer_add_text(to, "]}");
}

static void write_payload(buffer *to, const window *answer) {
  for (size_t i = 0; i < answer->column_count; i++) {
    const window_column *column = &answer->columns[i];
    if (column->texts == NULL)
      write_numbers(to, column);
    else
      write_texts(to, column);
    pad(to, column_size(column), '\0');
  }
}

void frame_write(buffer *to, const frame_series *items, size_t count) {
  buffer header = {0};
  write_header(&header, items, count);
  /* Eight bytes of magic and four of length stand before the header: payload columns must come to lie at multiples of
   * eight. */
  while (!header.failed && (sizeof MAGIC + sizeof(uint32_t) + header.length) % ALIGNMENT != 0)
    buffer_add_char(&header, ' ');
  if (header.failed || header.length > UINT32_MAX) {
    to->failed = true;
  } else {
    buffer_add(to, MAGIC, sizeof MAGIC);
    write_u32(to, (uint32_t)header.length);
    buffer_add(to, header.bytes, header.length);
    for (size_t i = 0; i < count; i++)
      if (items[i].answer != NULL)
        write_payload(to, items[i].answer);
  }
  buffer_free(&header);
}
