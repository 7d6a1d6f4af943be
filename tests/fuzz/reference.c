#include "reference.h"

#include <math.h>
#include <string.h>

/* Stand for numbers that JSON does not have; nobody writes these. */
static const double stand_ins[] = {2.7182818284590451e-291, 2.7182818284590452e-292, 2.7182818284590453e-293};
static const char *const stand_in_texts[] = {"2.7182818284590451e-291", "2.7182818284590452e-292",
                                             "2.7182818284590453e-293"};
static const double meant[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};

/* ---- Text ---- */

static bool in_word(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '-' ||
         byte == '+' || byte == '.';
}

static size_t digits_at(const char *at) {
  return strspn(at, "0123456789");
}

/* Whether a word is one number of JSON and nothing else. */
static bool is_number(const char *at) {
  at += *at == '-' ? 1 : 0;
  size_t whole = digits_at(at);
  if (whole == 0 || (*at == '0' && whole > 1))
    return false;
  at += whole;
  if (*at == '.' && digits_at(++at) == 0)
    return false;
  at += digits_at(at);
  if (*at == 'e' || *at == 'E') {
    at += at[1] == '+' || at[1] == '-' ? 2 : 1;
    if (digits_at(at) == 0)
      return false;
    at += digits_at(at);
  }
  return *at == '\0';
}

/* The infinity that a number beyond the doubles stands for; -1 for all others. */
static int overflowing(const char *number, size_t length) {
  json_error_t error;
  json_t *read = json_loadb(number, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
  json_decref(read);
  if (read != NULL || json_error_code(&error) != json_error_numeric_overflow)
    return -1;
  return number[0] == '-' ? 2 : 1;
}

/* Which number a word stands for that jansson does not take; -1: it is to be left. */
static int stand_in_of(const char *word, size_t length, reference_text *into) {
  static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
  for (int i = 0; i < 3; i++) {
    if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0) {
      into->nonfinite = true;
      return i;
    }
  }
  char *copy = memory_text(word, length);
  fuzz_require(copy != NULL, "out of memory");
  int found = is_number(copy) ? overflowing(copy, length) : -1;
  free(copy);
  into->overflow = into->overflow || found >= 0;
  return found;
}

static const char *text_end(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\' && at + 1 < end)
      at++;
  return at < end ? at + 1 : end;
}

reference_text reference_normalise(const uint8_t *bytes, size_t length) {
  reference_text made = {0};
  buffer out = {0};
  char *copy = malloc(length + 1); /* a NUL ends every word */
  fuzz_require(copy != NULL, "out of memory");
  memcpy(copy, bytes, length);
  copy[length] = '\0';
  const char *at = copy;
  const char *end = copy + length;
  int depth = 0;
  if (length >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) {
    at += 3;
    made.nonfinite = true;
  }
  while (at < end) {
    const char *from = at;
    if (*at == '"') {
      at = text_end(at, end);
    } else if (in_word(*at)) {
      while (at < end && in_word(*at))
        at++;
      int found = stand_in_of(from, (size_t)(at - from), &made);
      if (found >= 0) {
        buffer_add_text(&out, stand_in_texts[found]);
        from = at;
      }
    } else {
      depth += *at == '[' || *at == '{' ? 1 : *at == ']' || *at == '}' ? -1 : 0;
      made.depth = depth > made.depth ? depth : made.depth;
      at++;
    }
    buffer_add(&out, from, (size_t)(at - from));
  }
  buffer_add(&out, "", 0);
  fuzz_require(!out.failed, "out of memory");
  free(copy);
  made.bytes = out.bytes;
  made.length = out.length;
  return made;
}

void reference_text_free(reference_text *of) {
  free(of->bytes);
}

/* ---- Tree ---- */

enum { FLAGS = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL };

json_t *reference_parse(const char *bytes, size_t length) {
  if (length > 0 && memchr(bytes, '\0', length) != NULL) /* jansson passes over one behind a number: NUL BYTES */
    return NULL;
  return json_loadb(bytes != NULL ? bytes : "", length, FLAGS, NULL);
}

bool reference_duplicates(const char *bytes, size_t length) {
  json_error_t error;
  json_t *tree = json_loadb(bytes, length, FLAGS | JSON_REJECT_DUPLICATES, &error);
  json_decref(tree);
  return tree == NULL && json_error_code(&error) == json_error_duplicate_key;
}

double reference_number(const json_t *number) {
  double value = json_real_value(number);
  for (int i = 0; i < 3; i++)
    if (value == stand_ins[i])
      return meant[i];
  return value;
}

json_t *reference_number_new(double number) {
  return json_real(isnan(number) ? stand_ins[0] : isinf(number) ? stand_ins[number > 0 ? 1 : 2] : number);
}

json_t *reference_plain(const json_t *from) {
  json_t *made = NULL;
  if (json_is_array(from)) {
    made = json_array();
    for (size_t i = 0; i < json_array_size(from); i++)
      json_array_append_new(made, reference_plain(json_array_get(from, i)));
    return made;
  }
  if (json_is_object(from)) {
    const char *key = NULL;
    json_t *item = NULL;
    made = json_object();
    json_object_foreach((json_t *)(uintptr_t)from, key, item)
        json_object_set_new_nocheck(made, key, reference_plain(item));
    return made;
  }
  if (json_is_real(from) && !isfinite(reference_number(from)))
    return json_null();
  return json_incref((json_t *)(uintptr_t)from);
}

/* ---- Series ---- */

static bool refuse(reference_series *into, const char *reason) {
  into->reason = reason;
  return false;
}

static bool is_cell(const json_t *value) {
  return json_is_real(value) || json_is_null(value);
}

/* A gap is NaN, whatever it is written as. */
static double cell(const json_t *value) {
  double number = json_is_real(value) ? reference_number(value) : (double)NAN;
  return isfinite(number) ? number : (double)NAN;
}

static series_kind kind_of_row(const json_t *row) {
  size_t width = json_array_size(row);
  if (width == 2 && json_is_string(json_array_get(row, 0)))
    return SERIES_NAMED;
  return width == 2 ? SERIES_XY : width == 3 ? SERIES_RANGE : width == 5 ? SERIES_OHLC : SERIES_EMPTY;
}

static bool read_kind(reference_series *into, const json_t *data) {
  size_t place = 0;
  size_t count = json_array_size(data);
  while (place < count && json_is_null(json_array_get(data, place)))
    place++;
  const json_t *first = json_array_get(data, place);
  into->kind = count == 0              ? SERIES_EMPTY
               : first == NULL         ? SERIES_Y
               : json_is_real(first)   ? SERIES_Y
               : json_is_object(first) ? SERIES_POINTS
               : json_is_array(first)  ? kind_of_row(first)
                                       : SERIES_EMPTY;
  return count == 0 || into->kind != SERIES_EMPTY || refuse(into, "the first element");
}

/* A list of one counts as its one item. */
static const json_t *only_item(const json_t *value) {
  return json_is_array(value) && json_array_size(value) == 1 ? json_array_get(value, 0) : value;
}

static double member(const json_t *tree, const char *key, double otherwise, double most) {
  const json_t *value = only_item(json_object_get(tree, key));
  double number = json_is_real(value) ? reference_number(value) : (double)NAN;
  return isfinite(number) && fabs(number) <= most ? number : otherwise;
}

static bool read_list(reference_series *into, const json_t *element, reference_row *row) {
  size_t width = series_width(into->kind);
  if (!json_is_array(element) || json_array_size(element) != width)
    return refuse(into, "a row of another width");
  size_t first = into->kind == SERIES_NAMED ? 1 : 0;
  if (first == 1) {
    row->label = json_array_get(element, 0);
    row->numbers[0] = (double)into->count;
    if (!json_is_string(row->label))
      return refuse(into, "a row without a name");
  }
  for (size_t i = first; i < width; i++) {
    const json_t *value = json_array_get(element, i);
    if (!is_cell(value))
      return refuse(into, "a row of something else than numbers");
    row->numbers[i] = cell(value);
  }
  return isfinite(row->numbers[0]) || refuse(into, "x that is no number");
}

static bool read_element(reference_series *into, const json_t *element, double counted) {
  reference_row *row = &into->rows[into->count];
  *row = (reference_row){.numbers = {counted, (double)NAN}};
  bool null = json_is_null(element);
  if (into->kind == SERIES_Y) {
    if (!is_cell(element))
      return refuse(into, "numbers and something else");
    row->numbers[1] = cell(element);
  } else if (into->kind == SERIES_POINTS) {
    if (!null && !json_is_object(element))
      return refuse(into, "points and something else");
    const json_t *y = only_item(json_object_get(element, "y"));
    row->numbers[0] = member(element, "x", counted, INFINITY);
    row->numbers[1] = json_is_real(y) ? reference_number(y) : (double)NAN;
    row->record = null ? NULL : element;
    row->label = json_is_string(json_object_get(element, "name")) ? json_object_get(element, "name") : NULL;
  } else if (null) {
    return true; /* passed over */
  } else if (!read_list(into, element, row)) {
    return false;
  }
  into->count++;
  return true;
}

static bool read_data(reference_series *into, const json_t *tree) {
  const json_t *data = json_object_get(tree, "data");
  if (!json_is_array(data))
    return refuse(into, "no list of data");
  if (!read_kind(into, data))
    return false;
  double start = member(tree, "pointStart", 0, 1e280);
  double interval = member(tree, "pointInterval", 1, 1e280);
  into->rows = calloc(json_array_size(data) + 1, sizeof *into->rows);
  fuzz_require(into->rows != NULL, "out of memory");
  for (size_t i = 0; i < json_array_size(data); i++)
    if (!read_element(into, json_array_get(data, i), start + interval * (double)into->count))
      return false;
  return true;
}

static bool read_head(reference_series *into, const json_t *tree) {
  if (!json_is_object(tree))
    return refuse(into, "no record");
  into->name = json_object_get(tree, "name");
  size_t length = json_string_length(into->name);
  if (into->name != NULL &&
      (!json_is_string(into->name) || length < 1 || length > 1024 || strlen(json_string_value(into->name)) != length))
    return refuse(into, "the name");
  const json_t *display = json_object_get(tree, "display");
  into->display = !json_is_false(display);
  if (display != NULL && !json_is_boolean(display) && !json_is_null(display))
    return refuse(into, "display");
  const json_t *index = json_object_get(tree, "index");
  if (index != NULL && !json_is_null(index)) {
    into->has_index = json_is_real(index) && isfinite(reference_number(index));
    into->index = json_real_value(index);
    if (!into->has_index)
      return refuse(into, "index");
  }
  return true;
}

reference_series reference_read(const json_t *tree) {
  reference_series made = {0};
  made.valid = read_head(&made, tree) && read_data(&made, tree);
  if (!made.valid)
    return made;
  static const char *const known[] = {"name", "display", "index", "data"};
  json_t *attributes = json_copy((json_t *)(uintptr_t)tree);
  for (size_t i = 0; i < 4; i++)
    if (i != 2 || !json_is_null(json_object_get(attributes, known[i])))
      (void)json_object_del(attributes, known[i]);
  made.attributes = reference_plain(attributes);
  json_decref(attributes);
  return made;
}

void reference_series_free(reference_series *of) {
  json_decref(of->attributes);
  free(of->rows);
}
