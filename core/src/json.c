/* The JSON scanner; declared in json.h. */
#include "json.h"

#include "decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 16, TOKEN_LIMIT = 1 << 20, NUMBER_USUAL = 64 };

/* What may come next. */
typedef enum json_state {
  WANT_VALUE,          /* at the start, after a colon, after a comma in a list */
  WANT_VALUE_OR_CLOSE, /* after `[` */
  WANT_KEY,            /* after a comma in a record */
  WANT_KEY_OR_CLOSE,   /* after `{` */
  WANT_COMMA_OR_CLOSE, /* after an element or a member */
  WANT_NOTHING         /* after the top-level value */
} json_state;

struct json_scanner {
  json_refill refill; /* NULL: all of the text is in memory */
  void *context;
  const char *bytes; /* the part of the text at hand; the caller's memory or `chunk` */
  size_t at;         /* next byte to look at */
  size_t keep;       /* bytes from here on stay at hand when more are read */
  size_t end;
  uint64_t base; /* offset of bytes[0] in the text */
  char *chunk;
  size_t capacity;
  bool exhausted;
  bool lenient;
  bool started;
  json_state state;
  int depth;
  bool records[JSON_DEPTH]; /* what each open level is */
  buffer text;
  uint64_t line;
  uint64_t line_start; /* offset of the current line's first byte */
  uint64_t token_start;
};

json_scanner *json_scan_text(const char *bytes, size_t length, bool lenient) {
  json_scanner *scanner = memory_new_zeroed(1, sizeof *scanner);
  if (scanner == NULL)
    return NULL;
  scanner->bytes = bytes;
  scanner->end = length;
  scanner->exhausted = true;
  scanner->lenient = lenient;
  scanner->line = 1;
  return scanner;
}

json_scanner *json_scan_refill(json_refill refill, void *context, bool lenient) {
  json_scanner *scanner = json_scan_text(NULL, 0, lenient);
  if (scanner == NULL)
    return NULL;
  scanner->chunk = memory_new(CHUNK);
  if (scanner->chunk == NULL) {
    free(scanner);
    return NULL;
  }
  scanner->bytes = scanner->chunk;
  scanner->capacity = CHUNK;
  scanner->refill = refill;
  scanner->context = context;
  scanner->exhausted = false;
  return scanner;
}

void json_scanner_free(json_scanner *scanner) {
  if (scanner == NULL)
    return;
  free(scanner->chunk);
  buffer_free(&scanner->text);
  free(scanner);
}

void json_position(const json_scanner *scanner, uint64_t *line, uint64_t *column) {
  *line = scanner->line;
  uint64_t offset = scanner->token_start > scanner->line_start ? scanner->token_start : scanner->line_start;
  *column = offset - scanner->line_start + 1;
}

static uint64_t offset_of(const json_scanner *scanner) {
  return scanner->base + scanner->at;
}

static charts_status fail(json_scanner *scanner, const char *expected, charts_error *error) {
  scanner->token_start = offset_of(scanner);
  uint64_t line = 0;
  uint64_t column = 0;
  json_position(scanner, &line, &column);
  return error_set(error, CHARTS_FORMAT, "line %" PRIu64 ", column %" PRIu64 ": expected %s", line, column, expected);
}

/* Reads more text behind `end`, keeping what stands from `keep` on. *got tells whether there was any. */
static charts_status more(json_scanner *scanner, bool *got, charts_error *error) {
  *got = false;
  if (scanner->exhausted)
    return CHARTS_OK;
  size_t kept = scanner->end - scanner->keep;
  if (scanner->keep > 0) {
    memmove(scanner->chunk, scanner->chunk + scanner->keep, kept);
    scanner->base += scanner->keep;
    scanner->at -= scanner->keep;
    scanner->end = kept;
    scanner->keep = 0;
  }
  if (scanner->end == scanner->capacity) {
    if (scanner->capacity > TOKEN_LIMIT)
      return fail(scanner, "numbers and texts of at most 1 MiB", error);
    char *chunk = memory_resize(scanner->chunk, scanner->capacity * 2);
    if (chunk == NULL)
      return error_memory(error);
    scanner->chunk = chunk;
    scanner->bytes = chunk;
    scanner->capacity *= 2;
  }
  size_t length = 0;
  charts_status status = scanner->refill(scanner->context, scanner->chunk + scanner->end,
                                         scanner->capacity - scanner->end, &length, error);
  if (status != CHARTS_OK)
    return status;
  scanner->end += length;
  scanner->exhausted = length == 0;
  *got = length > 0;
  return CHARTS_OK;
}

/* Whether a byte is at hand at `at`, reading more text when needed. */
static charts_status have(json_scanner *scanner, bool *there, charts_error *error) {
  *there = scanner->at < scanner->end;
  return *there ? CHARTS_OK : more(scanner, there, error);
}

/* Moves over white space. *there tells whether something follows. */
static charts_status skip_space(json_scanner *scanner, bool *there, charts_error *error) {
  for (;;) {
    while (scanner->at < scanner->end) {
      char byte = scanner->bytes[scanner->at];
      if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') {
        scanner->keep = scanner->at;
        *there = true;
        return CHARTS_OK;
      }
      scanner->at++;
      if (byte == '\n') {
        scanner->line++;
        scanner->line_start = offset_of(scanner);
      }
    }
    scanner->keep = scanner->at;
    charts_status status = more(scanner, there, error);
    if (status != CHARTS_OK || !*there)
      return status;
  }
}

/* Makes `length` bytes from `at` on available, as far as the text goes. */
static charts_status at_hand(json_scanner *scanner, size_t length, charts_error *error) {
  bool got = true;
  while (scanner->end - scanner->at < length && got) {
    charts_status status = more(scanner, &got, error);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

static bool word_at(const json_scanner *scanner, const char *word) {
  size_t length = strlen(word);
  return scanner->end - scanner->at >= length && memcmp(scanner->bytes + scanner->at, word, length) == 0;
}

static bool in_number(char byte) {
  return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' || byte == 'e' || byte == 'E';
}

/* Brings the whole number that begins at `at` to hand: its end is known only from what follows it. */
static charts_status whole_number(json_scanner *scanner, charts_error *error) {
  size_t look = scanner->at;
  for (;;) {
    while (look < scanner->end && in_number(scanner->bytes[look]))
      look++;
    if (look < scanner->end || scanner->exhausted)
      return CHARTS_OK;
    size_t ahead = look - scanner->at;
    bool got = false;
    charts_status status = more(scanner, &got, error);
    if (status != CHARTS_OK)
      return status;
    look = scanner->at + ahead;
  }
}

/* Reads a number, and in lenient text NaN, Infinity and -Infinity. `at` is at its first byte. */
static charts_status scan_number(json_scanner *scanner, double *number, charts_error *error) {
  static const struct {
    const char *word;
    double number;
  } words[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
  char first = scanner->bytes[scanner->at];
  if (scanner->end - scanner->at > NUMBER_USUAL && first != 'N' && first != 'I') {
    const char *at = scanner->bytes + scanner->at;
    const char *stop = decimal_read(at, at + NUMBER_USUAL, number);
    if (stop != NULL && stop < at + NUMBER_USUAL && !in_number(*stop)) {
      scanner->at += (size_t)(stop - at);
      return CHARTS_OK;
    }
  }
  charts_status status = whole_number(scanner, error);
  if (status != CHARTS_OK)
    return status;
  if (scanner->lenient && (first == 'N' || first == 'I' || first == '-')) {
    status = at_hand(scanner, 9, error);
    if (status != CHARTS_OK)
      return status;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
      if (word_at(scanner, words[i].word)) {
        *number = words[i].number;
        scanner->at += strlen(words[i].word);
        return CHARTS_OK;
      }
    }
  }
  const char *stop = decimal_read(scanner->bytes + scanner->at, scanner->bytes + scanner->end, number);
  if (stop == NULL || (stop < scanner->bytes + scanner->end && in_number(*stop)))
    return fail(scanner, "a JSON value", error);
  scanner->at = (size_t)(stop - scanner->bytes);
  return CHARTS_OK;
}

static int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9')
    return byte - '0';
  if (byte >= 'a' && byte <= 'f')
    return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F')
    return byte - 'A' + 10;
  return -1;
}

/* Reads the four digits of \uXXXX; `at` is at the first one. */
static charts_status scan_unit(json_scanner *scanner, unsigned *unit, charts_error *error) {
  charts_status status = at_hand(scanner, 4, error);
  if (status != CHARTS_OK)
    return status;
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    int digit = scanner->at < scanner->end ? hex_digit(scanner->bytes[scanner->at]) : -1;
    if (digit < 0)
      return fail(scanner, "four hex digits after \\u", error);
    *unit = *unit * 16 + (unsigned)digit;
    scanner->at++;
  }
  return CHARTS_OK;
}

static void add_code_point(buffer *to, unsigned code) {
  if (code < 0x80) {
    buffer_add_char(to, (char)code);
  } else if (code < 0x800) {
    buffer_add_char(to, (char)(0xC0 | (code >> 6)));
    buffer_add_char(to, (char)(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    buffer_add_char(to, (char)(0xE0 | (code >> 12)));
    buffer_add_char(to, (char)(0x80 | ((code >> 6) & 0x3F)));
    buffer_add_char(to, (char)(0x80 | (code & 0x3F)));
  } else {
    buffer_add_char(to, (char)(0xF0 | (code >> 18)));
    buffer_add_char(to, (char)(0x80 | ((code >> 12) & 0x3F)));
    buffer_add_char(to, (char)(0x80 | ((code >> 6) & 0x3F)));
    buffer_add_char(to, (char)(0x80 | (code & 0x3F)));
  }
}

/* Reads \uXXXX and the second half of a surrogate pair; `at` is behind the u. */
static charts_status scan_code_point(json_scanner *scanner, charts_error *error) {
  unsigned code = 0;
  charts_status status = scan_unit(scanner, &code, error);
  if (status != CHARTS_OK)
    return status;
  if (code >= 0xDC00 && code < 0xE000)
    return fail(scanner, "no lone surrogate", error);
  if (code >= 0xD800 && code < 0xDC00) {
    status = at_hand(scanner, 2, error);
    if (status != CHARTS_OK)
      return status;
    if (!word_at(scanner, "\\u"))
      return fail(scanner, "the second half of a surrogate pair", error);
    scanner->at += 2;
    unsigned low = 0;
    status = scan_unit(scanner, &low, error);
    if (status != CHARTS_OK)
      return status;
    if (low < 0xDC00 || low >= 0xE000)
      return fail(scanner, "the second half of a surrogate pair", error);
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  add_code_point(&scanner->text, code);
  return CHARTS_OK;
}

/* Reads what follows a backslash. */
static charts_status scan_escape(json_scanner *scanner, charts_error *error) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  bool there = false;
  charts_status status = have(scanner, &there, error);
  if (status != CHARTS_OK)
    return status;
  char letter = there ? scanner->bytes[scanner->at] : '\0';
  const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
  if (found != NULL) {
    buffer_add_char(&scanner->text, meanings[found - letters]);
    scanner->at++;
    return CHARTS_OK;
  }
  if (letter != 'u')
    return fail(scanner, "an escape of JSON", error);
  scanner->at++;
  return scan_code_point(scanner, error);
}

/* Reads a text into scanner->text; `at` is behind the opening quote. */
static charts_status scan_text(json_scanner *scanner, charts_error *error) {
  buffer_clear(&scanner->text);
  buffer_add(&scanner->text, "", 0);
  for (;;) {
    size_t start = scanner->at;
    while (scanner->at < scanner->end) {
      unsigned char byte = (unsigned char)scanner->bytes[scanner->at];
      if (byte == '"' || byte == '\\' || byte < 0x20)
        break;
      scanner->at++;
    }
    buffer_add(&scanner->text, scanner->bytes + start, scanner->at - start);
    if (scanner->text.length > TOKEN_LIMIT)
      return fail(scanner, "texts of at most 1 MiB", error);
    scanner->keep = scanner->at;
    bool there = false;
    charts_status status = have(scanner, &there, error);
    if (status != CHARTS_OK)
      return status;
    if (!there)
      return fail(scanner, "the end of a text (\")", error);
    char byte = scanner->bytes[scanner->at];
    if (byte == '"') {
      scanner->at++;
      break;
    }
    if (byte == '\\') {
      scanner->at++;
      status = scan_escape(scanner, error);
      if (status != CHARTS_OK)
        return status;
    } else if ((unsigned char)byte < 0x20) {
      return fail(scanner, "no control character in a text", error);
    }
  }
  if (scanner->text.failed)
    return error_memory(error);
  if (!utf8_valid(scanner->text.bytes, scanner->text.length))
    return fail(scanner, "valid UTF-8", error);
  return CHARTS_OK;
}

static void value_ended(json_scanner *scanner) {
  scanner->state = scanner->depth > 0 ? WANT_COMMA_OR_CLOSE : WANT_NOTHING;
}

static charts_status open_level(json_scanner *scanner, json_token *token, bool record, charts_error *error) {
  if (scanner->depth == JSON_DEPTH)
    return fail(scanner, "at most 64 levels of lists and records", error);
  scanner->records[scanner->depth++] = record;
  scanner->at++;
  token->kind = record ? JSON_RECORD_OPEN : JSON_LIST_OPEN;
  scanner->state = record ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
  return CHARTS_OK;
}

static void close_level(json_scanner *scanner, json_token *token) {
  scanner->depth--;
  scanner->at++;
  token->kind = scanner->records[scanner->depth] ? JSON_RECORD_CLOSE : JSON_LIST_CLOSE;
  value_ended(scanner);
}

static charts_status scan_word(json_scanner *scanner, json_token *token, charts_error *error) {
  static const struct {
    const char *word;
    json_kind kind;
  } words[] = {{"null", JSON_NULL}, {"true", JSON_TRUE}, {"false", JSON_FALSE}};
  charts_status status = at_hand(scanner, 5, error);
  if (status != CHARTS_OK)
    return status;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (word_at(scanner, words[i].word)) {
      scanner->at += strlen(words[i].word);
      token->kind = words[i].kind;
      value_ended(scanner);
      return CHARTS_OK;
    }
  }
  return fail(scanner, "a JSON value", error);
}

static charts_status scan_value(json_scanner *scanner, json_token *token, charts_error *error) {
  char first = scanner->bytes[scanner->at];
  charts_status status;
  switch (first) {
  case '[':
  case '{':
    return open_level(scanner, token, first == '{', error);
  case '"':
    scanner->at++;
    status = scan_text(scanner, error);
    token->kind = JSON_TEXT;
    token->text = scanner->text.bytes;
    token->length = scanner->text.length;
    value_ended(scanner);
    return status;
  case 'n':
  case 't':
  case 'f':
    return scan_word(scanner, token, error);
  default:
    status = scan_number(scanner, &token->number, error);
    token->kind = JSON_NUMBER;
    value_ended(scanner);
    return status;
  }
}

/* Reads a key and its colon. */
static charts_status scan_key(json_scanner *scanner, json_token *token, charts_error *error) {
  if (scanner->bytes[scanner->at] != '"')
    return fail(scanner, "a key (\")", error);
  scanner->at++;
  charts_status status = scan_text(scanner, error);
  if (status != CHARTS_OK)
    return status;
  /* Keys are looked up as C strings: one with a NUL would be taken for what stands before it. */
  if (memchr(scanner->text.bytes, '\0', scanner->text.length) != NULL)
    return fail(scanner, "a key without NUL", error);
  token->kind = JSON_KEY;
  token->text = scanner->text.bytes;
  token->length = scanner->text.length;
  bool there = false;
  status = skip_space(scanner, &there, error);
  if (status != CHARTS_OK)
    return status;
  if (!there || scanner->bytes[scanner->at] != ':')
    return fail(scanner, "a colon after the key", error);
  scanner->at++;
  scanner->state = WANT_VALUE;
  return CHARTS_OK;
}

/* Moves over the comma between two elements or members; a closing bracket is left for the caller. */
static charts_status pass_comma(json_scanner *scanner, bool *closes, charts_error *error) {
  bool record = scanner->records[scanner->depth - 1];
  char byte = scanner->bytes[scanner->at];
  *closes = byte == (record ? '}' : ']');
  if (*closes)
    return CHARTS_OK;
  if (byte != ',')
    return fail(scanner, record ? "a comma or }" : "a comma or ]", error);
  scanner->at++;
  scanner->state = record ? WANT_KEY : WANT_VALUE;
  bool there = false;
  charts_status status = skip_space(scanner, &there, error);
  if (status == CHARTS_OK && !there)
    return fail(scanner, record ? "a key" : "a JSON value", error);
  return status;
}

/* A byte order mark is no JSON, but editors write it. */
static charts_status skip_mark(json_scanner *scanner, charts_error *error) {
  scanner->started = true;
  if (!scanner->lenient)
    return CHARTS_OK;
  charts_status status = at_hand(scanner, 3, error);
  if (status == CHARTS_OK && word_at(scanner, "\xEF\xBB\xBF"))
    scanner->at += 3;
  return status;
}

static charts_status next_token(json_scanner *scanner, json_token *token, charts_error *error) {
  switch (scanner->state) {
  case WANT_NOTHING:
    return fail(scanner, "the end of the text", error);
  case WANT_COMMA_OR_CLOSE: {
    bool closes = false;
    charts_status status = pass_comma(scanner, &closes, error);
    if (status != CHARTS_OK)
      return status;
    if (closes) {
      close_level(scanner, token);
      return CHARTS_OK;
    }
    token->start = scanner->token_start = offset_of(scanner);
    return scanner->state == WANT_KEY ? scan_key(scanner, token, error) : scan_value(scanner, token, error);
  }
  case WANT_KEY_OR_CLOSE:
  case WANT_VALUE_OR_CLOSE:
    if (scanner->bytes[scanner->at] == (scanner->state == WANT_KEY_OR_CLOSE ? '}' : ']')) {
      close_level(scanner, token);
      return CHARTS_OK;
    }
    return scanner->state == WANT_KEY_OR_CLOSE ? scan_key(scanner, token, error) : scan_value(scanner, token, error);
  case WANT_KEY:
    return scan_key(scanner, token, error);
  case WANT_VALUE:
    return scan_value(scanner, token, error);
  }
  return error_set(error, CHARTS_INTERNAL, "the JSON scanner lost its state");
}

charts_status json_next(json_scanner *scanner, json_token *token, charts_error *error) {
  *token = (json_token){.kind = JSON_END};
  charts_status status = scanner->started ? CHARTS_OK : skip_mark(scanner, error);
  bool there = false;
  if (status == CHARTS_OK)
    status = skip_space(scanner, &there, error);
  if (status != CHARTS_OK)
    return status;
  token->start = scanner->token_start = offset_of(scanner);
  if (!there) {
    token->end = token->start;
    return scanner->state == WANT_NOTHING ? CHARTS_OK : fail(scanner, "more: the text ends too early", error);
  }
  status = next_token(scanner, token, error);
  token->end = offset_of(scanner);
  return status;
}

charts_status json_skip(json_scanner *scanner, json_token *token, charts_error *error) {
  if (token->kind != JSON_LIST_OPEN && token->kind != JSON_RECORD_OPEN)
    return CHARTS_OK;
  int outside = scanner->depth - 1;
  while (scanner->depth > outside) {
    charts_status status = json_next(scanner, token, error);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

/* Reads one number or null of a list, if that is what stands there. */
static charts_status list_number(json_scanner *scanner, double *number, bool *read, charts_error *error) {
  char first = scanner->bytes[scanner->at];
  *read = true;
  if (first == 'n') {
    json_token token = {.kind = JSON_NULL};
    *number = NAN;
    return scan_word(scanner, &token, error);
  }
  if (first == '-' || (first >= '0' && first <= '9') || (scanner->lenient && (first == 'N' || first == 'I'))) {
    charts_status status = scan_number(scanner, number, error);
    if (!isfinite(*number) && scanner->lenient)
      *number = NAN;
    value_ended(scanner);
    return status;
  }
  *read = false;
  return CHARTS_OK;
}

charts_status json_numbers(json_scanner *scanner, double *numbers, size_t room, size_t *count, charts_error *error) {
  *count = 0;
  while (*count < room) {
    bool there = false;
    charts_status status = skip_space(scanner, &there, error);
    if (status != CHARTS_OK || !there)
      return status;
    scanner->token_start = offset_of(scanner);
    if (scanner->state == WANT_COMMA_OR_CLOSE) {
      bool closes = false;
      status = pass_comma(scanner, &closes, error);
      if (status != CHARTS_OK || closes)
        return status;
    }
    bool read = false;
    status = list_number(scanner, &numbers[*count], &read, error);
    if (status != CHARTS_OK || !read)
      return status;
    (*count)++;
  }
  return CHARTS_OK;
}
