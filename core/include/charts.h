/* charts: asynchronous charts. The one public header of libcharts.
 *
 * A program opens a session, makes the arguments of a call as a record of values, and calls a verb:
 *
 *     charts_error error;
 *     charts_session *session = NULL;
 *     charts_value *result = NULL;
 *     charts_host host = {.size = sizeof host, .language = "C"};
 *     double y[] = {1, 2, 4, 9};
 *     charts_value *arguments = charts_record();
 *     charts_record_set(arguments, "series", charts_column_of(y, 4));
 *     charts_record_set(arguments, "name", charts_text("A"));
 *     charts_record_set(arguments, "save", charts_text("temp-3"));
 *     if (charts_session_open(&session, &host, &error) != CHARTS_OK ||
 *         charts_call(session, "plotasync", arguments, &result, &error) != CHARTS_OK)
 *       fprintf(stderr, "%s\n", error.message);
 *     charts_value_free(result);
 *     charts_value_free(arguments);
 *     charts_session_close(session);
 *
 * Conventions. Out parameters come first or are named so; what a call returns is the caller's; inputs are borrowed for
 * the call only; every *_free and *_close accepts NULL. A session is used by one thread at a time. No function changes
 * signal handlers, the locale, the working directory, the umask or standard output.
 * Text is UTF-8. Times are milliseconds since 1970-01-01 UTC.
 */
#ifndef CHARTS_H
#define CHARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CHARTS_API __attribute__((visibility("default")))
#define CHARTS_CHECK __attribute__((warn_unused_result))
#else
#define CHARTS_API
#define CHARTS_CHECK
#endif

#define CHARTS_VERSION "0.1.0"

/* Every status: code, name (what a binding gives its users as the error's code), text. The only list of them. */
#define CHARTS_STATUSES(X)                                                                                             \
  X(OK, 0, "ok", "success")                                                                                            \
  X(ARGUMENT, 1, "argument", "an argument is not what was expected")                                                   \
  X(TYPE, 2, "type", "a value has the wrong type or shape")                                                            \
  X(NAME, 3, "name", "a name is not valid, unknown or given twice")                                                    \
  X(NOT_FOUND, 4, "not-found", "what was asked for does not exist")                                                    \
  X(FORMAT, 5, "format", "a file or text does not parse")                                                              \
  X(REFUSED, 6, "refused", "the call would destroy or disclose what it must not")                                      \
  X(CLOSED, 7, "closed", "the chart or session is closed")                                                             \
  X(IO, 8, "io", "the operating system reported an error")                                                             \
  X(MEMORY, 9, "memory", "out of memory")                                                                              \
  X(SERVER, 10, "server", "the server could not be started or reached")                                                \
  X(INTERRUPTED, 11, "interrupted", "the user interrupted the call")                                                   \
  X(LIMIT, 12, "limit", "a limit was exceeded")                                                                        \
  X(INTERNAL, 13, "internal", "a defect in charts itself")

typedef enum charts_status {
#define CHARTS_STATUS_ENUM(name, code, id, text) CHARTS_##name = (code),
  CHARTS_STATUSES(CHARTS_STATUS_ENUM)
#undef CHARTS_STATUS_ENUM
} charts_status;

/* The name of a status as users see it ("argument", "not-found"); static. Unknown codes give "internal". */
CHARTS_API const char *charts_status_name(charts_status status);

/* What went wrong, on the caller's stack. `message` is one complete sentence for the user, in UTF-8, that names the
 * argument and what was expected. Valid after a call that did not return CHARTS_OK. */
typedef struct charts_error {
  charts_status status;
  char message[1024];
} charts_error;

/* ---- Values: what a call is made of ------------------------------------------------------------------------------ */

typedef enum charts_kind {
  CHARTS_NULL,
  CHARTS_BOOLEAN,
  CHARTS_NUMBER,
  CHARTS_TEXT,
  CHARTS_LIST,
  CHARTS_RECORD, /* named values, in the order given */
  CHARTS_HANDLE, /* a chart */
  CHARTS_COLUMN, /* numbers in memory, owned or borrowed */
  CHARTS_FRAME,  /* columns (or lists of text) of equal length, named or not: a data frame or a matrix */
  CHARTS_READER  /* numbers that a function gives block by block */
} charts_kind;

typedef struct charts_value charts_value;

/* Constructors return a new value that the caller owns, or NULL when memory is out. A function that takes an `item`
 * owns it from then on, also when it fails. NULL items are accepted and make the whole value fail in charts_call with
 * CHARTS_MEMORY, so that a binding can build without a check at each step. */
CHARTS_API charts_value *charts_null(void);
CHARTS_API charts_value *charts_boolean(bool truth);
CHARTS_API charts_value *charts_number(double number);
/* An integer; outside ±2^53 the call that receives it fails with CHARTS_ARGUMENT instead of rounding it. */
CHARTS_API charts_value *charts_integer(int64_t number);
CHARTS_API charts_value *charts_text(const char *text);
CHARTS_API charts_value *charts_text_of(const char *bytes, size_t length);
CHARTS_API charts_value *charts_list(void);
CHARTS_API charts_value *charts_record(void);
CHARTS_API void charts_list_add(charts_value *list, charts_value *item);
/* Sets a member; setting a key twice keeps both and makes the call fail with CHARTS_NAME. */
CHARTS_API void charts_record_set(charts_value *record, const char *key, charts_value *item);
CHARTS_API void charts_record_set_of(charts_value *record, const char *key, size_t key_length, charts_value *item);
/* Adds a positional argument to the record of a call: the i-th one takes the i-th place of the verb's list. */
CHARTS_API void charts_record_push(charts_value *record, charts_value *item);
CHARTS_API charts_value *charts_handle(int64_t id);

typedef enum charts_type {
  CHARTS_FLOAT64,
  CHARTS_FLOAT32,
  CHARTS_INT8,
  CHARTS_INT16,
  CHARTS_INT32,
  CHARTS_INT64,
  CHARTS_UINT8,
  CHARTS_UINT16,
  CHARTS_UINT32,
  CHARTS_UINT64
} charts_type;

/* What the numbers of a column mean when they are times. DATENUM: days since year 0 (Octave). */
typedef enum charts_time {
  CHARTS_TIME_NONE,
  CHARTS_TIME_MS,
  CHARTS_TIME_S,
  CHARTS_TIME_DAYS,
  CHARTS_TIME_DATENUM
} charts_time;

/* Numbers in memory. With `owned` false the memory is borrowed until the call that uses the value has returned; it is
 * never copied. */
typedef struct charts_column {
  const void *memory;
  size_t count;
  ptrdiff_t stride; /* bytes from one number to the next; 0: packed */
  charts_type type;
  bool logical;     /* the numbers are truth values */
  bool has_missing; /* `missing` marks a gap (R's NA_integer_ and integer64 NA); for integer types */
  int64_t missing;
  charts_time time;
  const char *zone; /* IANA name for times, or NULL; copied */
} charts_column;

CHARTS_API charts_value *charts_column_new(const charts_column *column);
/* Packed doubles, borrowed. */
CHARTS_API charts_value *charts_column_of(const double *numbers, size_t count);
/* A column of `count` doubles that the value owns; *numbers points to them, to be filled in. */
CHARTS_API charts_value *charts_column_make(size_t count, double **numbers);

CHARTS_API charts_value *charts_frame(void);
/* Adds a column (or a list of text: categories) to a frame. name: NULL where there is none (a bare matrix). */
CHARTS_API void charts_frame_add(charts_value *frame, const char *name, charts_value *column);

/* Fills at most `room` numbers into `block`, returns how many; 0 ends the series; (size_t)-1 is a failure of the host's
 * function (the call fails with CHARTS_INTERRUPTED and the binding raises its own error). Called on the calling thread
 * only, during the call. */
typedef size_t (*charts_read_block)(void *context, double *block, size_t room);

/* Numbers that a function gives, as the data of a series (any width) or as one column of a frame (width 1, with its
 * count: as many as the other columns have). Each source is read once, from the first row to the last, whenever the
 * core gets there: two columns or series of one call must not share a context, unless it has `restart`. */
typedef struct charts_reader_source {
  charts_read_block read;         /* `room` is a multiple of the width, and so must be what it returns */
  void (*restart)(void *context); /* begins at the first row again, for a frame whose x several series share; or NULL */
  void *context;
  size_t
      width; /* numbers in a row, which come one after the other: 1 y, 2 x y, 3 x low high, 5 x open high low close */
  size_t count;     /* rows; SIZE_MAX: as many as come */
  charts_time time; /* of a row's x, or of a column */
  const char *zone; /* IANA name for times, or NULL; copied */
} charts_reader_source;

CHARTS_API charts_value *charts_reader_new(const charts_reader_source *source);
/* One number in a row, as many as come. */
CHARTS_API charts_value *charts_reader(charts_read_block read, void *context);

CHARTS_API void charts_value_free(charts_value *value);

/* Reading a value. Accessors of the wrong kind give zero, false, NULL or 0. Pointers live as long as the value. */
CHARTS_API charts_kind charts_value_kind(const charts_value *value);
CHARTS_API bool charts_value_boolean(const charts_value *value);
CHARTS_API double charts_value_number(const charts_value *value);
/* NUL-terminated; *length (may be NULL) is the number of bytes. */
CHARTS_API const char *charts_value_text(const charts_value *value, size_t *length);
CHARTS_API int64_t charts_value_handle(const charts_value *value);
/* Items of a list, members of a record, numbers of a column, columns of a frame. */
CHARTS_API size_t charts_value_count(const charts_value *value);
CHARTS_API const charts_value *charts_value_at(const charts_value *value, size_t place);
CHARTS_API const char *charts_value_key(const charts_value *value, size_t place);
CHARTS_API const charts_value *charts_value_get(const charts_value *record, const char *key);
CHARTS_API const charts_column *charts_value_column(const charts_value *column);
/* The number at `place` of a column of any type, as a double; NaN where it is missing. */
CHARTS_API double charts_column_number(const charts_column *column, size_t place);

/* JSON text <-> value (numbers as CHARTS_NUMBER, objects as records); for tools and tests. *value and *text are the
 * caller's (charts_value_free, charts_text_free). Errors: FORMAT with line and column, MEMORY. */
CHARTS_API CHARTS_CHECK charts_status charts_value_parse(charts_value **value, const char *json, size_t length,
                                                         charts_error *error);
CHARTS_API CHARTS_CHECK charts_status charts_value_write(char **text, const charts_value *value, charts_error *error);
CHARTS_API void charts_text_free(char *text);

/* ---- Session and calls ---------------------------------------------------------------------------------------------
 */

typedef struct charts_session charts_session;

/* What the host language tells once. */
typedef struct charts_host {
  size_t size;          /* sizeof(charts_host) */
  const char *language; /* "R", "Lua", …: for messages */
  bool interactive;     /* a person types: the server is a thread of this process and starts at once */
  bool terminal;        /* what is said goes to a terminal: the banner may carry the token */
  bool (*poll)(
      void *context); /* true: the user asked to stop; called on the calling thread during long calls; may be NULL */
  void *context;
  /* Shows one line in place of the one before it, as long as a write takes; NULL: takes it away. Called on the calling
   * thread, only where a person looks at a terminal (`interactive`, `terminal`) and CHARTS_QUIET is not 1. May be NULL
   */
  void (*progress)(void *context, const char *text);
} charts_host;

/* Opens a session. In an interactive one the server is started; what is to be said of it comes with the first call of
 * the verb `start`. Errors: ARGUMENT, MEMORY. */
CHARTS_API CHARTS_CHECK charts_status charts_session_open(charts_session **session, const charts_host *host,
                                                          charts_error *error);
/* Ends the server thread (a detached server stays) and forgets all charts. */
CHARTS_API void charts_session_close(charts_session *session);

/* Calls a verb with a record of arguments. *result is a record: "value" (what the verb gives; see the table) and
 * "messages": a list of {"kind":"note"|"warning","text":…} that the binding says its own way. *result of a
 * failed call is NULL, and it changes nothing, with these exceptions: `append`, see below; where one of several series
 * cannot be replaced, or not all that a purge removes can be removed (an I/O error; a file of another user in a folder
 * with the sticky bit), what was done before that stays; what `sync` could not make durable stays too. Every series is
 * whole then, as it was or as it is now, and the same call completes it once nothing is in its way.
 *
 *   verb       positional arguments, then named                       value
 *   start      (none)                                                 the server's address text, or null
 *   plotasync  series options | name x type height width save stock show display purge live time sync  handle of a
 * chart plot       chart series name | display x time sync                null (name, when given, is that of bare data)
 *   append     chart series name | time x sync                        null; see below
 *   remove     chart name | sync                                      null
 *   names      chart                                                  list of text
 *   read       chart name                                             record: name, attributes, data (as columns)
 *   show       chart | show sync                                      null, {"html":…} for inline and string, or text
 *   url        chart                                                  text
 *   close      chart                                                  null
 *   describe   chart                                                  directory, type, show, live, stock, series
 *   data       name                                                   a bundled series, as `read` gives it
 *
 * With `sync` true, what the call wrote survives a power cut once it has returned: as it was before or as it is now,
 * never half. Without it the same holds for the end of the process, at any moment.
 *
 * `append` adds to what series hold, and makes those that are missing. It takes what `plot` takes, without attributes;
 * or, as `series`, x (a number or a column) and, as `name`, a record or frame of the values at it by the names of the
 * series: {"loss":0.5,"acc":0.9}. Numbers of the call that have another name than its arguments are such values too.
 * All series are looked at before the first is added to; where one cannot be written then, the error names those that
 * have their points.
 */
CHARTS_API CHARTS_CHECK charts_status charts_call(charts_session *session, const char *verb,
                                                  const charts_value *arguments, charts_value **result,
                                                  charts_error *error);

/* The verbs, ended by NULL, and the argument names of one in order (positional ones first), ended by NULL; NULL for an
 * unknown verb. Static. For tests of bindings and for completion. */
CHARTS_API const char *const *charts_verbs(void);
CHARTS_API const char *const *charts_verb_arguments(const char *verb);

/* Runs the command `charts` (serve, url, list, check, index, stop). Returns the exit status. */
CHARTS_API int charts_main(int count, char **arguments);

#ifdef __cplusplus
}
#endif
#endif
