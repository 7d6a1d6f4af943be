#include "options.h"

#include "embedded.h"

#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A checked record goes into a view or a series file, one level down, and must be readable again (JSON_DEPTH). */
enum { DEPTH_LIMIT = JSON_DEPTH - 2, VALUE_LIMIT = 100000, REFERENCE_LIMIT = 8, BRIEF = 64 };

/* The types of the schema's dialect, as a set. */
enum { IS_NULL = 1, IS_BOOLEAN = 2, IS_NUMBER = 4, IS_INTEGER = 8, IS_TEXT = 16, IS_LIST = 32, IS_RECORD = 64 };

static const struct {
  const char *name;
  unsigned type;
  const char *wanted;
} types[] = {
    {"string", IS_TEXT, "text"},
    {"number", IS_NUMBER, "a number"},
    {"integer", IS_INTEGER, "a whole number"},
    {"boolean", IS_BOOLEAN, "true or false"},
    {"array", IS_LIST, "a list"},
    {"object", IS_RECORD, "a record"},
    {"null", IS_NULL, "null"},
};

/* ---- The schema ---- */

/* Parsed at the first use and kept for good: any thread reads it. Two threads may parse it at once; one of the results
 * is dropped. A failure is not remembered. */
static const charts_value *schema(charts_error *error) {
  static _Atomic(charts_value *) kept = NULL;
  charts_value *found = atomic_load(&kept);
  if (found != NULL)
    return found;
  const embedded_file *file = embedded_find("options.schema.json");
  if (file == NULL) {
    (void)error_set(error, CHARTS_INTERNAL, "the options schema is missing from the library");
    return NULL;
  }
  charts_value *parsed = NULL;
  if (value_parse(&parsed, (const char *)file->bytes, file->size, error) != CHARTS_OK)
    return NULL;
  if (atomic_compare_exchange_strong(&kept, &found, parsed))
    return parsed;
  charts_value_free(parsed);
  return found;
}

/* What `$ref` of a node points to, or NULL. */
static const charts_value *referenced(const charts_value *root, const charts_value *node) {
  static const char prefix[] = "#/$defs/";
  const char *reference = charts_value_text(charts_value_get(node, "$ref"), NULL);
  if (reference == NULL || strncmp(reference, prefix, sizeof prefix - 1) != 0)
    return NULL;
  return charts_value_get(charts_value_get(root, "$defs"), reference + sizeof prefix - 1);
}

/* A keyword of a node; what stands beside `$ref` goes before what it points to. */
static const charts_value *keyword(const charts_value *root, const charts_value *node, const char *key) {
  for (int i = 0; node != NULL && i < REFERENCE_LIMIT; i++) {
    const charts_value *found = charts_value_get(node, key);
    if (found != NULL)
      return found;
    node = referenced(root, node);
  }
  return NULL;
}

static unsigned type_named(const char *name) {
  for (size_t i = 0; name != NULL && i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i].name, name) == 0)
      return types[i].type;
  return 0;
}

/* The set of types that a node accepts; without the keyword: all. */
static unsigned accepted(const charts_value *root, const charts_value *node) {
  const charts_value *type = keyword(root, node, "type");
  if (type == NULL)
    return ~0U;
  unsigned set = type_named(charts_value_text(type, NULL));
  for (size_t i = 0; charts_value_kind(type) == CHARTS_LIST && i < charts_value_count(type); i++)
    set |= type_named(charts_value_text(charts_value_at(type, i), NULL));
  return set;
}

static const charts_value *series_node(const charts_value *root) {
  return charts_value_get(charts_value_get(root, "$defs"), "series");
}

/* ---- Near names ---- */

/* The key of a record that is nearest to a word, or NULL. */
static const char *nearest_key(const char *word, const charts_value *record) {
  const char *nearest = NULL;
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < charts_value_count(record); i++) {
    size_t far = nearest_distance(word, charts_value_key(record, i));
    if (far < best) {
      best = far;
      nearest = charts_value_key(record, i);
    }
  }
  return nearest;
}

/* The text of a list that is nearest to a word, or NULL. */
static const char *nearest_text(const char *word, const charts_value *list) {
  const char *nearest = NULL;
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < charts_value_count(list); i++) {
    const char *text = charts_value_text(charts_value_at(list, i), NULL);
    size_t far = text != NULL ? nearest_distance(word, text) : SIZE_MAX;
    if (far < best) {
      best = far;
      nearest = text;
    }
  }
  return nearest;
}

/* ---- Messages ---- */

void message_add(charts_value *messages, message_kind kind, const char *format, ...) {
  if (messages == NULL)
    return;
  va_list arguments;
  va_start(arguments, format);
  char text[1024];
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0)
    text[0] = '\0';
  /* A message that was cut must not end within a character. */
  size_t end = strlen(text);
  while (end > 0 && !utf8_valid(text, end))
    end--;
  charts_value *message = charts_record();
  charts_record_set(message, "kind", charts_text(kind == MESSAGE_WARNING ? "warning" : "note"));
  charts_record_set(message, "text", charts_text_of(text, end));
  charts_list_add(messages, message);
}

/* ---- One check ---- */

typedef struct check {
  const charts_value *root;
  charts_value *messages;
  charts_error *error;
  charts_status status;
  buffer path;
  size_t count; /* values seen */
} check;

static const char *path_of(const check *of) {
  return of->path.bytes != NULL ? of->path.bytes : "";
}

static void *refuse_memory(check *of) {
  of->status = error_memory(of->error);
  return NULL;
}

/* Moves into a member or an item (counted from 1); gives what path_leave needs. */
static size_t path_enter(check *of, const char *key, size_t place) {
  size_t length = of->path.length;
  if (key != NULL)
    buffer_add_format(&of->path, ".%s", key);
  else
    buffer_add_format(&of->path, ".%zu", place + 1);
  return length;
}

static void path_leave(check *of, size_t length) {
  if (of->path.bytes == NULL)
    return;
  of->path.length = length;
  of->path.bytes[length] = '\0';
}

/* What was expected, in words: "text", "a number or null". */
static void describe(buffer *to, const charts_value *allowed, unsigned set) {
  if (allowed != NULL) {
    buffer_add_text(to, "one of ");
    for (size_t i = 0; i < charts_value_count(allowed); i++) {
      const charts_value *item = charts_value_at(allowed, i);
      buffer_add_text(to, i > 0 ? ", " : "");
      if (charts_value_text(item, NULL) != NULL)
        buffer_add_text(to, charts_value_text(item, NULL));
      else
        value_write(to, item);
    }
    return;
  }
  const char *names[sizeof types / sizeof types[0]];
  size_t count = 0;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if ((set & types[i].type) != 0)
      names[count++] = types[i].wanted;
  for (size_t i = 0; i < count; i++) {
    buffer_add_text(to, i == 0 ? "" : i + 1 == count ? " or " : ", ");
    buffer_add_text(to, names[i]);
  }
}

/* What was given: a short text or number itself, else its kind. */
static void describe_given(buffer *to, const charts_value *value, bool itself) {
  size_t length = 0;
  const char *text = charts_value_text(value, &length);
  bool brief = (text != NULL && length <= BRIEF) || charts_value_kind(value) == CHARTS_NUMBER;
  if (itself && brief)
    value_write(to, value);
  else
    buffer_add_text(to, charts_value_kind(value) == CHARTS_NULL ? "null" : value_kind_name(value));
}

static void *refuse(check *of, const charts_value *node, const charts_value *value, charts_status status) {
  buffer words = {0};
  const charts_value *allowed = keyword(of->root, node, "enum");
  describe(&words, allowed, accepted(of->root, node));
  buffer_add_text(&words, ", got ");
  describe_given(&words, value, allowed != NULL);
  const char *text = charts_value_text(value, NULL);
  const char *meant = text != NULL ? nearest_text(text, allowed) : NULL;
  if (meant != NULL)
    buffer_add_format(&words, " (did you mean %s?)", meant);
  if (words.failed || of->path.failed)
    of->status = error_memory(of->error);
  else
    of->status = error_set(of->error, status, "%s: expected %s", path_of(of), words.bytes);
  buffer_free(&words);
  return NULL;
}

/* ---- Screening: what options may not hold, wherever it stands ---- */

/* Text that holds code, in the form that the original system ran. */
static bool is_code(const char *text, size_t length) {
  return strstr(text, "@#function") != NULL ||
         (length >= 4 && memcmp(text, "@#", 2) == 0 && memcmp(text + length - 2, "@#", 2) == 0);
}

static charts_status screen(check *of, const charts_value *value, int depth);

static charts_status screen_text(check *of, const charts_value *value) {
  size_t length = 0;
  const char *text = charts_value_text(value, &length);
  if (!is_code(text, length))
    return CHARTS_OK;
  return error_set(of->error, CHARTS_REFUSED,
                   "%s: holds code (@#function …@#): options are data, and code in them is not run", path_of(of));
}

static charts_status screen_members(check *of, const charts_value *value, int depth) {
  charts_status status = CHARTS_OK;
  if (depth > DEPTH_LIMIT)
    return error_set(of->error, CHARTS_LIMIT, "options: expected at most %d levels of lists and records", DEPTH_LIMIT);
  for (size_t i = 0; i < charts_value_count(value) && status == CHARTS_OK; i++) {
    const char *key = charts_value_key(value, i);
    if (charts_value_kind(value) == CHARTS_RECORD && key == NULL)
      return error_set(of->error, CHARTS_ARGUMENT, "%s: expected a name for each value; value %zu has none",
                       path_of(of), i + 1);
    size_t outside = path_enter(of, key, i);
    status = screen(of, charts_value_at(value, i), depth + 1);
    path_leave(of, outside);
  }
  return status;
}

static charts_status screen(check *of, const charts_value *value, int depth) {
  charts_kind kind = charts_value_kind(value);
  of->count += kind == CHARTS_COLUMN ? charts_value_count(value) : 1;
  if (of->count > VALUE_LIMIT)
    return error_set(of->error, CHARTS_LIMIT, "%s: expected at most %d values in all", path_of(of), VALUE_LIMIT);
  switch (kind) {
  case CHARTS_TEXT:
    return screen_text(of, value);
  case CHARTS_LIST:
  case CHARTS_RECORD:
  case CHARTS_FRAME:
    return screen_members(of, value, depth);
  case CHARTS_HANDLE:
  case CHARTS_READER:
    return error_set(of->error, CHARTS_TYPE, "%s: expected data, got %s", path_of(of), value_kind_name(value));
  default:
    return CHARTS_OK;
  }
}

/* ---- Checking a plain value against a node of the schema ---- */

static charts_value *check_value(check *of, const charts_value *node, const charts_value *value);

/* NaN and infinities are null, as in JSON. */
static bool is_null(const charts_value *value) {
  charts_kind kind = charts_value_kind(value);
  return kind == CHARTS_NULL || (kind == CHARTS_NUMBER && !isfinite(charts_value_number(value)));
}

static unsigned type_of(const charts_value *value) {
  if (is_null(value))
    return IS_NULL;
  switch (charts_value_kind(value)) {
  case CHARTS_BOOLEAN:
    return IS_BOOLEAN;
  case CHARTS_NUMBER:
    return charts_value_number(value) == floor(charts_value_number(value)) ? IS_NUMBER | IS_INTEGER : IS_NUMBER;
  case CHARTS_TEXT:
    return IS_TEXT;
  case CHARTS_LIST:
    return IS_LIST;
  case CHARTS_RECORD:
    return IS_RECORD;
  default:
    return IS_NULL;
  }
}

static bool same_scalar(const charts_value *one, const charts_value *other) {
  if (is_null(one) || is_null(other))
    return is_null(one) && is_null(other);
  const char *text = charts_value_text(one, NULL);
  const char *same = charts_value_text(other, NULL);
  if (charts_value_kind(one) != charts_value_kind(other))
    return false;
  if (text != NULL && same != NULL)
    return strcmp(text, same) == 0;
  return charts_value_number(one) == charts_value_number(other) &&
         charts_value_boolean(one) == charts_value_boolean(other);
}

static charts_value *check_scalar(check *of, const charts_value *node, const charts_value *value) {
  const charts_value *allowed = keyword(of->root, node, "enum");
  bool found = allowed == NULL;
  for (size_t i = 0; !found && i < charts_value_count(allowed); i++)
    found = same_scalar(charts_value_at(allowed, i), value);
  if (!found)
    return refuse(of, node, value, CHARTS_ARGUMENT);
  const charts_value *lowest = keyword(of->root, node, "minimum");
  const charts_value *highest = keyword(of->root, node, "maximum");
  double number = charts_value_number(value);
  if (charts_value_kind(value) == CHARTS_NUMBER && isfinite(number)) {
    bool low = lowest != NULL && number < charts_value_number(lowest);
    if (low || (highest != NULL && number > charts_value_number(highest))) {
      of->status = error_set(of->error, CHARTS_ARGUMENT, "%s: expected a number of at %s %g, got %g", path_of(of),
                             low ? "least" : "most", charts_value_number(low ? lowest : highest), number);
      return NULL;
    }
  }
  charts_value *copy = is_null(value) ? charts_null() : value_copy(value);
  return copy != NULL ? copy : refuse_memory(of);
}

/* A name that the vocabulary does not have is kept, and said. */
static charts_value *keep_unknown(check *of, const charts_value *known, const char *key, const charts_value *value) {
  const char *meant = nearest_key(key, known);
  if (of->path.failed)
    return refuse_memory(of);
  if (meant != NULL)
    message_add(of->messages, MESSAGE_WARNING, "%s is not known (did you mean %s?)", path_of(of), meant);
  else
    message_add(of->messages, MESSAGE_WARNING, "%s is not known and has no effect", path_of(of));
  charts_value *copy = value_copy(value);
  return copy != NULL ? copy : refuse_memory(of);
}

static charts_value *check_member(check *of, const charts_value *node, const char *key, const charts_value *value) {
  const charts_value *known = keyword(of->root, node, "properties");
  const charts_value *inner = charts_value_get(known, key);
  if (inner != NULL)
    return check_value(of, inner, value);
  if (known == NULL || charts_value_boolean(keyword(of->root, node, "additionalProperties"))) {
    charts_value *copy = value_copy(value);
    return copy != NULL ? copy : refuse_memory(of);
  }
  return keep_unknown(of, known, key, value);
}

/* Null stands for "not given" wherever it has no meaning of its own. */
static bool is_absent(const check *of, const charts_value *node, const char *key, const charts_value *value) {
  const charts_value *inner = charts_value_get(keyword(of->root, node, "properties"), key);
  return is_null(value) && inner != NULL && (accepted(of->root, inner) & IS_NULL) == 0;
}

static charts_value *check_record(check *of, const charts_value *node, const charts_value *value) {
  charts_value *copy = charts_record();
  for (size_t i = 0; i < charts_value_count(value) && of->status == CHARTS_OK; i++) {
    const char *key = charts_value_key(value, i);
    const charts_value *item = charts_value_at(value, i);
    if (is_absent(of, node, key, item))
      continue;
    size_t outside = path_enter(of, key, i);
    charts_record_set(copy, key, check_member(of, node, key, item));
    path_leave(of, outside);
  }
  return copy;
}

static charts_value *check_list(check *of, const charts_value *node, const charts_value *value) {
  const charts_value *inner = keyword(of->root, node, "items");
  charts_value *copy = charts_list();
  for (size_t i = 0; i < charts_value_count(value) && of->status == CHARTS_OK; i++) {
    size_t outside = path_enter(of, NULL, i);
    const charts_value *item = charts_value_at(value, i);
    charts_list_add(copy, inner != NULL ? check_value(of, inner, item) : value_copy(item));
    path_leave(of, outside);
  }
  return copy;
}

/* One value is a list of one where a list is wanted. */
static charts_value *check_as_list(check *of, const charts_value *node, const charts_value *value) {
  charts_value *list = charts_list();
  charts_list_add(list, value_copy(value));
  charts_value *checked = value_failed(list) ? refuse_memory(of) : check_list(of, node, list);
  charts_value_free(list);
  return checked;
}

static charts_value *check_shape(check *of, const charts_value *node, const charts_value *value) {
  unsigned set = accepted(of->root, node);
  unsigned type = type_of(value);
  bool empty = charts_value_count(value) == 0;
  if (type == IS_LIST && empty && (set & IS_RECORD) != 0)
    return charts_record();
  if (type == IS_RECORD && empty && (set & (IS_RECORD | IS_LIST)) == IS_LIST)
    return charts_list();
  const charts_value *only = charts_value_count(value) == 1 ? charts_value_at(value, 0) : NULL;
  if (type == IS_LIST && (set & IS_LIST) == 0 && only != NULL && charts_value_kind(only) != CHARTS_LIST)
    return check_value(of, node, only);
  if ((set & type) == 0 && (set & IS_LIST) != 0 && type != IS_NULL)
    return check_as_list(of, node, value);
  if ((set & type) == 0)
    return refuse(of, node, value, CHARTS_TYPE);
  if (type == IS_RECORD)
    return check_record(of, node, value);
  return type == IS_LIST ? check_list(of, node, value) : check_scalar(of, node, value);
}

static charts_value *check_value(check *of, const charts_value *node, const charts_value *value) {
  charts_value *checked = check_shape(of, node, value);
  if (of->status == CHARTS_OK && value_failed(checked))
    of->status = error_memory(of->error);
  if (of->status == CHARTS_OK)
    return checked;
  charts_value_free(checked);
  return NULL;
}

/* ---- The calls ---- */

/* An empty list is an empty record; anything else that is no record is refused. */
static bool is_record(const charts_value *value) {
  charts_kind kind = charts_value_kind(value);
  return kind == CHARTS_RECORD || (kind == CHARTS_LIST && charts_value_count(value) == 0);
}

static charts_status check_against(charts_value **checked, const charts_value *root, const charts_value *node,
                                   const charts_value *value, const char *path, charts_value *messages,
                                   charts_error *error) {
  if (!is_record(value))
    return error_set(error, CHARTS_TYPE, "%s: expected a record, got %s", path,
                     charts_value_kind(value) == CHARTS_NULL ? "null" : value_kind_name(value));
  charts_status status = value_check(value, path, error);
  if (status != CHARTS_OK)
    return status;
  check now = {.root = root, .messages = messages, .error = error};
  buffer_add_text(&now.path, path);
  now.status = screen(&now, value, 1);
  charts_value *plain = now.status == CHARTS_OK ? value_plain(value) : NULL;
  if (now.status == CHARTS_OK && value_failed(plain))
    now.status = error_memory(error);
  if (now.status == CHARTS_OK)
    *checked = check_value(&now, node, plain);
  charts_value_free(plain);
  if (now.status == CHARTS_OK && now.path.failed) {
    now.status = error_memory(error);
    charts_value_free(*checked);
    *checked = NULL;
  }
  buffer_free(&now.path);
  return now.status;
}

charts_status options_check(charts_value **checked, const charts_value *options, const char *path,
                            charts_value *messages, charts_error *error) {
  *checked = NULL;
  const charts_value *root = schema(error);
  if (root == NULL)
    return error != NULL && error->status != CHARTS_OK ? error->status : CHARTS_MEMORY;
  return check_against(checked, root, root, options, path, messages, error);
}

charts_status options_check_series(charts_value **checked, const charts_value *attributes, const char *path,
                                   charts_value *messages, charts_error *error) {
  *checked = NULL;
  const charts_value *root = schema(error);
  if (root == NULL)
    return error != NULL && error->status != CHARTS_OK ? error->status : CHARTS_MEMORY;
  return check_against(checked, root, series_node(root), attributes, path, messages, error);
}

bool options_type_known(const char *type, const char **nearest) {
  const charts_value *root = schema(NULL);
  const charts_value *known = keyword(root, charts_value_get(charts_value_get(root, "$defs"), "type"), "enum");
  if (nearest != NULL)
    *nearest = nearest_text(type, known);
  for (size_t i = 0; i < charts_value_count(known); i++) {
    const char *text = charts_value_text(charts_value_at(known, i), NULL);
    if (text != NULL && strcmp(text, type) == 0)
      return true;
  }
  return false;
}

bool options_name_known(const char *name) {
  return charts_value_get(keyword(schema(NULL), schema(NULL), "properties"), name) != NULL;
}
