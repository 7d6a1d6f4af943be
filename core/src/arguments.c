#include "arguments.h"

#include "options.h"

#include <math.h>
#include <string.h>

typedef struct verb {
  const char *name;
  size_t by_place;
  const char *const *arguments;
} verb;

#define VERB_ARGUMENTS(name, places, ...) static const char *const name##_arguments[] = {__VA_ARGS__};
CHARTS_VERBS(VERB_ARGUMENTS)
#undef VERB_ARGUMENTS

static const verb verbs[] = {
#define VERB_ROW(name, places, ...) {#name, places, name##_arguments},
    CHARTS_VERBS(VERB_ROW)
#undef VERB_ROW
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

const char *const arguments_shows[] = {"tab", "window", "inline", "string", "none", NULL};

const char *const *charts_verbs(void) {
  static const char *const names[] = {
#define VERB_NAME(name, places, ...) #name,
      CHARTS_VERBS(VERB_NAME)
#undef VERB_NAME
          NULL};
  return names;
}

static const verb *find_verb(const char *name) {
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  return NULL;
}

const char *const *charts_verb_arguments(const char *name) {
  const verb *found = find_verb(name);
  return found != NULL ? found->arguments : NULL;
}

static int place_of(const char *const *names, const char *name) {
  for (int i = 0; names[i] != NULL; i++)
    if (strcmp(names[i], name) == 0)
      return i;
  return -1;
}

/* The argument that an unknown one likely means: by its value (inline='tab'), by its name, or as an option. */
static charts_status unknown(const verb *of, const char *name, const charts_value *value, charts_error *error) {
  const char *text = NULL;
  bool shows = place_of(of->arguments, "show") >= 0;
  if (shows && value_as_text(value, &text, NULL) && place_of(arguments_shows, text) >= 0)
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no argument of that name; did you mean show=\"%s\"?", name,
                     text);
  if (shows && place_of(arguments_shows, name) >= 0)
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no argument of that name; did you mean show=\"%s\"?", name,
                     name);
  int nearest = nearest_name(name, of->arguments);
  if (nearest >= 0)
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no argument of that name; did you mean %s?", name,
                     of->arguments[nearest]);
  if (place_of(of->arguments, "options") >= 0 && options_name_known(name))
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no argument of that name; did you mean options.%s?", name,
                     name);
  buffer known = {0};
  for (int i = 0; of->arguments[i] != NULL; i++)
    buffer_add_format(&known, "%s%s", i > 0 ? ", " : "", of->arguments[i]);
  charts_status status = error_set(error, CHARTS_ARGUMENT, "%s: there is no argument of that name; expected one of %s",
                                   name, known.bytes != NULL ? known.bytes : "none");
  buffer_free(&known);
  return status;
}

static charts_status bind_one(arguments *bound, int place, const charts_value *value, charts_error *error) {
  if (bound->values[place] != NULL)
    return error_set(error, CHARTS_ARGUMENT, "%s: the argument is given twice", bound->names[place]);
  if (charts_value_kind(value) != CHARTS_NULL)
    bound->values[place] = value;
  return CHARTS_OK;
}

/* Whether a record alone is meant as the arguments: only names of arguments, and no data of a series. */
static bool is_arguments(const verb *of, const charts_value *record) {
  size_t count = charts_value_count(record);
  if (charts_value_kind(record) != CHARTS_RECORD || count == 0)
    return false;
  for (size_t i = 0; i < count; i++) {
    const char *key = charts_value_key(record, i);
    if (key == NULL || place_of(of->arguments, key) < 0)
      return false;
  }
  return true;
}

/* append(7, {loss = 0.5}) is append(7, loss = 0.5) where a language's last table is the named arguments. What is no
 * number is no value of a series but an argument whose name is wrong. */
static bool is_series_value(const verb *of, const charts_value *value) {
  const charts_column *column = charts_value_column(value);
  switch (charts_value_kind(value)) {
  case CHARTS_NULL: /* a gap */
  case CHARTS_NUMBER:
  case CHARTS_LIST:
  case CHARTS_READER:
    break;
  case CHARTS_COLUMN:
    if (!column->logical)
      break;
    return false;
  default:
    return false;
  }
  return strcmp(of->name, "append") == 0;
}

static charts_status bind_record(arguments *bound, const verb *of, const charts_value *record, charts_error *error) {
  size_t place = 0;
  for (size_t i = 0; i < charts_value_count(record); i++) {
    const char *key = charts_value_key(record, i);
    const charts_value *value = charts_value_at(record, i);
    int at = key != NULL ? place_of(of->arguments, key) : (int)place++;
    if (key != NULL && at < 0) {
      if (!is_series_value(of, value))
        return unknown(of, key, value, error);
      bound->rest = record;
      continue;
    }
    if (key == NULL && (size_t)at >= of->by_place)
      return error_set(error, CHARTS_ARGUMENT, "%s: expected at most %zu arguments by place, the others by name",
                       of->name, of->by_place);
    charts_status status = bind_one(bound, at, value, error);
    if (status != CHARTS_OK)
      return status;
  }
  return CHARTS_OK;
}

/* Values by names that are no arguments are append's only when no name says whose the data are. */
static charts_status check_rest(const arguments *bound, const verb *of, charts_error *error) {
  const charts_value *name = arguments_get(bound, "name");
  for (size_t i = 0; i < charts_value_count(bound->rest); i++) {
    const char *key = charts_value_key(bound->rest, i);
    if (charts_value_kind(name) == CHARTS_TEXT && key != NULL && place_of(of->arguments, key) < 0)
      return unknown(of, key, charts_value_at(bound->rest, i), error);
  }
  return CHARTS_OK;
}

/* The place of the first argument after the chart. */
static size_t first_place(const verb *of) {
  return of->arguments[0] != NULL && strcmp(of->arguments[0], "chart") == 0 ? 1 : 0;
}

charts_status arguments_bind(arguments *bound, const char *name, const charts_value *record, charts_error *error) {
  const verb *of = find_verb(name);
  *bound = (arguments){0};
  if (of == NULL)
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no such verb", name);
  bound->names = of->arguments;
  if (record != NULL && charts_value_kind(record) != CHARTS_RECORD)
    return error_set(error, CHARTS_ARGUMENT, "%s: expected the arguments as a record", name);
  charts_status status = bind_record(bound, of, record, error);
  if (status == CHARTS_OK)
    status = check_rest(bound, of, error);
  size_t first = first_place(of);
  bool alone = status == CHARTS_OK && charts_value_count(record) == first + 1 && of->by_place > first &&
               charts_value_key(record, first) == NULL;
  const charts_value *only = alone ? bound->values[first] : NULL;
  if (only == NULL || !is_arguments(of, only))
    return status;
  bound->values[first] = NULL;
  return bind_record(bound, of, only, error);
}

bool arguments_know(const arguments *bound, const char *name) {
  return place_of(bound->names, name) >= 0;
}

const charts_value *arguments_get(const arguments *bound, const char *name) {
  int place = place_of(bound->names, name);
  return place >= 0 ? bound->values[place] : NULL;
}

static charts_status expected(const char *name, const char *what, const charts_value *got, charts_error *error) {
  return error_set(error, CHARTS_ARGUMENT, "%s: expected %s, got %s", name, what, value_kind_name(got));
}

charts_status arguments_boolean(const arguments *bound, const char *name, bool *given, bool *truth,
                                charts_error *error) {
  const charts_value *value = arguments_get(bound, name);
  *given = value != NULL;
  *truth = false;
  return value == NULL || value_as_boolean(value, truth) ? CHARTS_OK : expected(name, "true or false", value, error);
}

charts_status arguments_pixels(const arguments *bound, const char *name, bool *given, double *pixels,
                               charts_error *error) {
  const charts_value *value = arguments_get(bound, name);
  *given = value != NULL;
  if (value == NULL)
    return CHARTS_OK;
  if (!value_as_number(value, pixels))
    return expected(name, "a number of pixels", value, error);
  if (!(*pixels >= 1 && *pixels <= 100000))
    return error_set(error, CHARTS_ARGUMENT, "%s: expected 1 to 100000 pixels", name);
  return CHARTS_OK;
}

charts_status arguments_text(const arguments *bound, const char *name, const char **text, charts_error *error) {
  const charts_value *value = arguments_get(bound, name);
  size_t length = 0;
  *text = NULL;
  if (value == NULL)
    return CHARTS_OK;
  if (!value_as_text(value, text, &length))
    return expected(name, "text", value, error);
  if (length == 0 || strlen(*text) != length)
    return error_set(error, CHARTS_ARGUMENT, "%s: expected text that is not empty and holds no NUL", name);
  return CHARTS_OK;
}

charts_status arguments_choice(const arguments *bound, const char *name, const char *const *choices, int *choice,
                               charts_error *error) {
  const char *text = NULL;
  charts_status status = arguments_text(bound, name, &text, error);
  if (status != CHARTS_OK || text == NULL)
    return status;
  int place = place_of(choices, text);
  if (place >= 0) {
    *choice = place;
    return CHARTS_OK;
  }
  int nearest = nearest_name(text, choices);
  if (nearest >= 0)
    return error_set(error, CHARTS_ARGUMENT, "%s: there is no %s; did you mean \"%s\"?", name, text, choices[nearest]);
  buffer known = {0};
  for (int i = 0; choices[i] != NULL; i++)
    buffer_add_format(&known, "%s\"%s\"", i > 0 ? ", " : "", choices[i]);
  status = error_set(error, CHARTS_ARGUMENT, "%s: expected one of %s, got \"%s\"", name,
                     known.bytes != NULL ? known.bytes : "none", text);
  buffer_free(&known);
  return status;
}
