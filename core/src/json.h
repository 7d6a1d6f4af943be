/* The one JSON scanner and the one JSON writer. */
#ifndef CHARTS_SRC_JSON_H
#define CHARTS_SRC_JSON_H

#include "buffer.h"
#include "status.h"

#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH = 64 };

typedef enum json_kind {
  JSON_END, /* after the one top-level value */
  JSON_NULL,
  JSON_TRUE,
  JSON_FALSE,
  JSON_NUMBER,
  JSON_TEXT,
  JSON_KEY, /* of an object's member; its value is the next token */
  JSON_LIST_OPEN,
  JSON_LIST_CLOSE,
  JSON_RECORD_OPEN,
  JSON_RECORD_CLOSE
} json_kind;

/* One token. `text` (JSON_TEXT, JSON_KEY: unescaped, NUL-terminated, valid UTF-8) lives until the next token. `start`
 * and `end` are byte offsets in the input. */
typedef struct json_token {
  json_kind kind;
  double number;
  const char *text;
  size_t length;
  uint64_t start;
  uint64_t end;
} json_token;

/* Gives the next bytes of the input: at most `room` into `bytes`; *length 0 at its end. */
typedef charts_status (*json_refill)(void *context, char *bytes, size_t room, size_t *length, charts_error *error);

typedef struct json_scanner json_scanner;

/* A scanner over `length` bytes in memory (borrowed), or over what `refill` gives (chunk by chunk: text of any length
 * in constant memory). NULL when memory is out. `lenient` accepts NaN, Infinity and -Infinity as numbers and a byte
 * order mark, as series files may have. */
json_scanner *json_scan_text(const char *bytes, size_t length, bool lenient);
json_scanner *json_scan_refill(json_refill refill, void *context, bool lenient);
void json_scanner_free(json_scanner *scanner);

/* The next token. CHARTS_FORMAT with line and column for text that is not JSON (also: deeper than JSON_DEPTH, invalid
 * UTF-8, a lone surrogate, a NUL in a key, text of over 1 MiB, anything but white space after the top-level value). */
charts_status json_next(json_scanner *scanner, json_token *token, charts_error *error);

/* Skips the rest of the list or record that the last token (…_OPEN) opened; after any other token does nothing. */
charts_status json_skip(json_scanner *scanner, json_token *token, charts_error *error);

/* Fast path for the inside of a list: reads as many numbers as stand there in a row, at most `room`, into `numbers`
 * (NaN for null and for lenient NaN and infinities); *count may be 0; stops before any other token. Only right after
 * JSON_LIST_OPEN or an element of a list. */
charts_status json_numbers(json_scanner *scanner, double *numbers, size_t room, size_t *count, charts_error *error);

/* Line and column of the last token, for errors: 1-based. */
void json_position(const json_scanner *scanner, uint64_t *line, uint64_t *column);

/* The writer: bytes as core/FORMAT.md fixes them. NaN and infinities become null; bytes that are no UTF-8, U+FFFD. */
void json_write_number(buffer *to, double number);
void json_write_text(buffer *to, const char *text, size_t length);

/* Whether [text, text + length) is valid UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(const char *text, size_t length);

#endif
