/* The C reference of the conformance cases: does the steps of every case through charts.h alone and writes, one JSON
 * record a line, what each step gave. What the bindings leave and say is compared with this.
 *
 *     reference PROGRAM.json      {"cases":[{"directory":"/abs","steps":[…]}]}: written by run.py, see cases.py
 */
#include <charts.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VARIABLES = 16, VALUES_HELD = 65536, NAME_ROOM = 64 };

/* A case on its way: its charts by the names that its steps give them, and memory that its values borrow. */
typedef struct running {
  charts_session *session;
  char names[VARIABLES][NAME_ROOM];
  int64_t charts[VARIABLES];
  size_t count;
  void *held[VALUES_HELD];
  size_t held_count;
} running;

_Noreturn static void fail(const char *what) {
  fprintf(stderr, "reference: %s\n", what);
  exit(2);
}

static void *hold(running *now, void *memory) {
  if (!memory || now->held_count == VALUES_HELD)
    fail("out of memory");
  return now->held[now->held_count++] = memory;
}

static const charts_value *get(const charts_value *record, const char *key) {
  return charts_value_get(record, key);
}

static const char *text_of(const charts_value *value) {
  const char *text = charts_value_text(value, NULL);
  return text ? text : "";
}

static charts_value *make(running *now, const charts_value *from);

/* ---- Values that JSON cannot say: records of one member whose key begins with `$` ---- */

static charts_value *make_bytes(const char *hex) {
  size_t count = strlen(hex) / 2;
  char *bytes = malloc(count + 1);
  if (!bytes)
    fail("out of memory");
  for (size_t i = 0; i < count; i++) {
    char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
    bytes[i] = (char)strtol(two, NULL, 16);
  }
  charts_value *text = charts_text_of(bytes, count);
  free(bytes);
  return text;
}

static double number_or_gap(const charts_value *value) {
  return charts_value_kind(value) == CHARTS_NUMBER ? charts_value_number(value) : (double)NAN;
}

/* A borrowed column of integers with a missing value, as R has them. */
static charts_value *make_int32(running *now, const charts_value *list) {
  size_t count = charts_value_count(list);
  int32_t *numbers = hold(now, malloc((count + 1) * sizeof *numbers));
  for (size_t i = 0; i < count; i++) {
    double number = number_or_gap(charts_value_at(list, i));
    numbers[i] = isnan(number) ? INT32_MIN : (int32_t)number;
  }
  charts_column column = {
      .memory = numbers, .count = count, .type = CHARTS_INT32, .has_missing = true, .missing = INT32_MIN};
  return charts_column_new(&column);
}

/* A column of doubles that borrows its memory. */
static charts_value *make_column(running *now, const charts_value *list, charts_time time) {
  size_t count = charts_value_count(list);
  double *numbers = hold(now, malloc((count + 1) * sizeof *numbers));
  for (size_t i = 0; i < count; i++)
    numbers[i] = number_or_gap(charts_value_at(list, i));
  charts_column column = {.memory = numbers,
                          .count = count,
                          .type = CHARTS_FLOAT64,
                          .time = time,
                          .zone = time == CHARTS_TIME_NONE ? NULL : "UTC"};
  return charts_column_new(&column);
}

static bool is_text_list(const charts_value *list) {
  return charts_value_kind(charts_value_at(list, 0)) == CHARTS_TEXT;
}

static charts_value *make_frame(running *now, const charts_value *columns) {
  charts_value *frame = charts_frame();
  for (size_t i = 0; i < charts_value_count(columns); i++) {
    const charts_value *column = charts_value_at(columns, i);
    bool plain = charts_value_kind(column) == CHARTS_LIST && !is_text_list(column);
    charts_frame_add(frame, charts_value_key(columns, i),
                     plain ? make_column(now, column, CHARTS_TIME_NONE) : make(now, column));
  }
  return frame;
}

/* A matrix, given by rows, is a frame whose columns have no names. */
static charts_value *make_matrix(running *now, const charts_value *rows) {
  size_t count = charts_value_count(rows);
  size_t width = charts_value_count(charts_value_at(rows, 0));
  double *numbers = hold(now, malloc((count * width + 1) * sizeof *numbers));
  charts_value *frame = charts_frame();
  for (size_t k = 0; k < width; k++) {
    for (size_t i = 0; i < count; i++)
      numbers[k * count + i] = number_or_gap(charts_value_at(charts_value_at(rows, i), k));
    charts_frame_add(frame, NULL, charts_column_of(numbers + k * count, count));
  }
  return frame;
}

typedef struct reading {
  const charts_value *rows; /* numbers, or lists of numbers */
  size_t width;
  size_t place;
} reading;

static size_t read_block(void *context, double *block, size_t room) {
  reading *from = context;
  size_t count = 0;
  for (; count + from->width <= room && from->place < charts_value_count(from->rows); from->place++) {
    const charts_value *row = charts_value_at(from->rows, from->place);
    for (size_t i = 0; i < from->width; i++)
      block[count++] = number_or_gap(charts_value_kind(row) == CHARTS_LIST ? charts_value_at(row, i) : row);
  }
  return count;
}

static charts_value *make_reader(running *now, const charts_value *rows) {
  const charts_value *first = charts_value_at(rows, 0);
  reading *from = hold(now, malloc(sizeof *from));
  *from = (reading){rows, charts_value_kind(first) == CHARTS_LIST ? charts_value_count(first) : 1, 0};
  charts_reader_source source = {.read = read_block, .context = from, .width = from->width, .count = SIZE_MAX};
  return charts_reader_new(&source);
}

static int64_t chart_named(const running *now, const char *name) {
  for (size_t i = 0; i < now->count; i++)
    if (strcmp(now->names[i], name) == 0)
      return now->charts[i];
  fail("a step names a chart that no step made");
}

/* What another call gives: a bundled series, or a series read back. The record is kept until the case ends. */
static charts_value *make_called(running *now, const char *verb, charts_value *arguments) {
  charts_value *result = NULL;
  charts_error error;
  charts_status status = charts_call(now->session, verb, arguments, &result, &error);
  charts_value_free(arguments);
  if (status != CHARTS_OK)
    fail(error.message);
  char *json = NULL;
  charts_value *copy = NULL;
  if (charts_value_write(&json, get(result, "value"), &error) != CHARTS_OK ||
      charts_value_parse(&copy, json, strlen(json), &error) != CHARTS_OK)
    fail(error.message);
  charts_text_free(json);
  charts_value_free(result);
  return copy;
}

static charts_value *make_read(running *now, const charts_value *which) {
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_handle(chart_named(now, text_of(charts_value_at(which, 0)))));
  charts_record_push(arguments, charts_text(text_of(charts_value_at(which, 1))));
  return make_called(now, "read", arguments);
}

static charts_value *make_bundled(running *now, const char *name) {
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_text(name));
  return make_called(now, "data", arguments);
}

static charts_value *make_special(running *now, const char *key, const charts_value *of) {
  if (strcmp(key, "$nan") == 0)
    return charts_number((double)NAN);
  if (strcmp(key, "$inf") == 0)
    return charts_number(charts_value_number(of) > 0 ? (double)INFINITY : -(double)INFINITY);
  if (strcmp(key, "$na") == 0)
    return charts_null();
  if (strcmp(key, "$int") == 0)
    return charts_integer(strtoll(text_of(of), NULL, 10));
  if (strcmp(key, "$bytes") == 0)
    return make_bytes(text_of(of));
  if (strcmp(key, "$int32") == 0)
    return make_int32(now, of);
  if (strcmp(key, "$seconds") == 0)
    return make_column(now, of, CHARTS_TIME_S);
  if (strcmp(key, "$frame") == 0)
    return make_frame(now, of);
  if (strcmp(key, "$matrix") == 0)
    return make_matrix(now, of);
  if (strcmp(key, "$reader") == 0)
    return make_reader(now, of);
  if (strcmp(key, "$series") == 0)
    return make_bundled(now, text_of(of));
  if (strcmp(key, "$read") == 0)
    return make_read(now, of);
  if (strcmp(key, "$raw") == 0)
    return make(now, get(of, "c"));
  fail(key);
}

/* Whether a list is what the languages hold as one sequence of numbers: they give it as a column, and so does the
 * reference. */
static bool is_numbers(const charts_value *list) {
  size_t numbers = 0;
  for (size_t i = 0; i < charts_value_count(list); i++) {
    charts_kind kind = charts_value_kind(charts_value_at(list, i));
    if (kind != CHARTS_NUMBER && kind != CHARTS_NULL)
      return false;
    numbers += kind == CHARTS_NUMBER;
  }
  return numbers > 0;
}

static charts_value *make_members(running *now, const charts_value *from) {
  bool record = charts_value_kind(from) == CHARTS_RECORD;
  charts_value *made = record ? charts_record() : charts_list();
  for (size_t i = 0; i < charts_value_count(from); i++) {
    charts_value *item = make(now, charts_value_at(from, i));
    if (record)
      charts_record_set(made, charts_value_key(from, i), item);
    else
      charts_list_add(made, item);
  }
  return made;
}

static charts_value *make(running *now, const charts_value *from) {
  size_t length = 0;
  const char *text = charts_value_text(from, &length);
  const char *key = charts_value_count(from) == 1 ? charts_value_key(from, 0) : NULL;
  switch (charts_value_kind(from)) {
  case CHARTS_BOOLEAN:
    return charts_boolean(charts_value_boolean(from));
  case CHARTS_NUMBER:
    return charts_number(charts_value_number(from));
  case CHARTS_TEXT:
    return charts_text_of(text, length);
  case CHARTS_RECORD:
    if (key && key[0] == '$')
      return make_special(now, key, charts_value_at(from, 0));
    return make_members(now, from);
  case CHARTS_LIST:
    return is_numbers(from) ? make_column(now, from, CHARTS_TIME_NONE) : make_members(now, from);
  default:
    return charts_null();
  }
}

/* ---- Steps ---- */

static void print_value(const char *before, const charts_value *value) {
  char *json = NULL;
  charts_error error;
  if (charts_value_write(&json, value, &error) != CHARTS_OK)
    fail(error.message);
  printf("%s%s", before, json);
  charts_text_free(json);
}

static void print_error(const charts_error *error) {
  charts_value *record = charts_record();
  charts_record_set(record, "code", charts_text(charts_status_name(error->status)));
  charts_record_set(record, "message", charts_text(error->message));
  print_value(",\"error\":", record);
  charts_value_free(record);
}

static void remember(running *now, const char *name, const charts_value *value) {
  size_t place = 0;
  if (charts_value_kind(value) != CHARTS_HANDLE)
    return;
  while (place < now->count && strcmp(now->names[place], name) != 0)
    place++;
  if (place == VARIABLES)
    fail("a case makes too many charts");
  snprintf(now->names[place], NAME_ROOM, "%s", name);
  now->charts[place] = charts_value_handle(value);
  if (place == now->count)
    now->count++;
}

static charts_value *arguments_of(running *now, const charts_value *step) {
  const charts_value *on = get(step, "on");
  const charts_value *places = get(step, "places");
  const charts_value *named = get(step, "named");
  charts_value *arguments = charts_record();
  if (on)
    charts_record_push(arguments, charts_handle(chart_named(now, text_of(on))));
  for (size_t i = 0; i < charts_value_count(places); i++)
    charts_record_push(arguments, make(now, charts_value_at(places, i)));
  for (size_t i = 0; i < charts_value_count(named); i++)
    charts_record_set(arguments, charts_value_key(named, i), make(now, charts_value_at(named, i)));
  return arguments;
}

static void step_call(running *now, const charts_value *step) {
  charts_error error;
  charts_value *result = NULL;
  charts_value *arguments = arguments_of(now, step);
  if (charts_call(now->session, text_of(get(step, "call")), arguments, &result, &error) == CHARTS_OK) {
    remember(now, text_of(get(step, "as")), get(result, "value"));
    print_value(",\"value\":", get(result, "value"));
    print_value(",\"messages\":", get(result, "messages"));
  } else
    print_error(&error);
  charts_value_free(result);
  charts_value_free(arguments);
}

static void step_write(const char *path, const charts_value *text) {
  size_t length = 0;
  const char *bytes = charts_value_text(text, &length);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
    fail(path);
}

static void run_case(const charts_value *one, size_t number) {
  running now = {0};
  charts_error error;
  charts_host host = {.size = sizeof host, .language = "C"};
  const charts_value *steps = get(one, "steps");
  if (chdir(text_of(get(one, "directory"))) != 0)
    fail(text_of(get(one, "directory")));
  if (charts_session_open(&now.session, &host, &error) != CHARTS_OK)
    fail(error.message);
  for (size_t i = 0; i < charts_value_count(steps); i++) {
    const charts_value *step = charts_value_at(steps, i);
    printf("{\"case\":%zu,\"step\":%zu", number, i);
    if (get(step, "call"))
      step_call(&now, step);
    else
      step_write(text_of(get(step, "path")), get(step, "text"));
    printf("}\n");
  }
  charts_session_close(now.session);
  while (now.held_count > 0)
    free(now.held[--now.held_count]);
}

static charts_value *read_program(const char *path) {
  FILE *file = fopen(path, "rb");
  size_t length = 0;
  char *text = NULL;
  for (size_t got = 1; file && got > 0; length += got) {
    text = realloc(text, length + 65536);
    if (!text)
      fail("out of memory");
    got = fread(text + length, 1, 65536, file);
  }
  if (!file)
    fail(path);
  fclose(file);
  charts_value *program = NULL;
  charts_error error;
  if (charts_value_parse(&program, text, length, &error) != CHARTS_OK)
    fail(error.message);
  free(text);
  return program;
}

int main(int count, char **arguments) {
  if (count != 2)
    fail("expected the path of a program");
  charts_value *program = read_program(arguments[1]);
  const charts_value *cases = get(program, "cases");
  for (size_t i = 0; i < charts_value_count(cases); i++)
    run_case(charts_value_at(cases, i), i);
  charts_value_free(program);
  return 0;
}
