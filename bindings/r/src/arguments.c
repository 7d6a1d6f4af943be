/* R value -> charts_value. Numbers are borrowed, never copied: a vector of numbers is a column, also of one number; the
 * core takes a column of one where it wants a number, or true or false. A long vector that R computes on demand is a
 * reader: it gets no memory. */
#include "binding.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <R_ext/Memory.h>

/* Vectors that R computes on demand are read block by block when they are longer than this. */
enum { READER_FROM = 1 << 16, READER_BLOCK = 4096 };

static charts_value *value_from_r(exchange *e, SEXP x);

/* ---- Keeping hold of what is made ----------------------------------------------------------------------------------
 */

/* Protects an R value until the call has returned. */
static SEXP keep(exchange *e, SEXP x) {
  PROTECT(x);
  SETCDR(e->kept, Rf_cons(x, CDR(e->kept)));
  UNPROTECT(1);
  return x;
}

/* A list, record or frame under construction hangs on the exchange … */
static charts_value *begin(exchange *e, charts_value *value) {
  e->pending[e->depth++] = value;
  return value;
}

/* … until it is whole. The caller attaches what this gives before it touches R again. */
static charts_value *finish(exchange *e) {
  return e->pending[--e->depth];
}

static charts_value *refuse(exchange *e, SEXP x) {
  if (e->error.status == CHARTS_OK) {
    e->error.status = CHARTS_TYPE;
    (void)snprintf(e->error.message, sizeof e->error.message,
                   "%s: expected numbers, text, times, lists or data frames, got an R object of type %s", e->argument,
                   Rf_type2char((SEXPTYPE)TYPEOF(x)));
  }
  return charts_null();
}

/* ---- Text ----------------------------------------------------------------------------------------------------------
 */

/* A string of R in UTF-8, valid until vmaxset. In the C locale R knows no encoding for bytes beyond ASCII: they go as
 * they are, and the core sees whether they are UTF-8. */
static const char *utf8(SEXP string) {
  if (Rf_getCharCE(string) == CE_NATIVE) {
    const char *locale = setlocale(LC_CTYPE, NULL);
    if (locale != NULL && (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0))
      return CHAR(string);
  }
  return Rf_translateCharUTF8(string);
}

static charts_value *text_value(SEXP string) {
  if (string == NA_STRING)
    return charts_null();
  const void *watermark = vmaxget();
  charts_value *text = charts_text(utf8(string));
  vmaxset(watermark);
  return text;
}

/* Strings, or the labels of a factor, as a list of text. */
static charts_value *text_list(exchange *e, SEXP x) {
  bool factor = Rf_isFactor(x);
  SEXP strings = factor ? keep(e, Rf_asCharacterFactor(x)) : x;
  charts_value *list = begin(e, charts_list());
  for (R_xlen_t i = 0; i < XLENGTH(strings); i++)
    charts_list_add(list, text_value(STRING_ELT(strings, i)));
  return finish(e);
}

/* Adds to a record under the name at `place`, or by place where there is none. */
static void add_named(charts_value *record, SEXP names, R_xlen_t place, charts_value *item) {
  SEXP name = names == R_NilValue ? R_BlankString : STRING_ELT(names, place);
  if (name == NA_STRING || LENGTH(name) == 0) {
    charts_record_push(record, item);
    return;
  }
  const void *watermark = vmaxget();
  charts_record_set(record, utf8(name), item);
  vmaxset(watermark);
}

/* ---- Columns -------------------------------------------------------------------------------------------------------
 */

static bool is_numbers(SEXP x) {
  return TYPEOF(x) == LGLSXP || TYPEOF(x) == INTSXP || TYPEOF(x) == REALSXP || TYPEOF(x) == RAWSXP;
}

static const char *zone_of(SEXP x) {
  SEXP zone = Rf_getAttrib(x, Rf_install("tzone"));
  return Rf_isString(zone) && LENGTH(zone) > 0 && LENGTH(STRING_ELT(zone, 0)) > 0 ? CHAR(STRING_ELT(zone, 0)) : NULL;
}

/* ---- Vectors that R computes on demand: ALTREP vectors that have no memory, such as 1:n -----------------------------
 */

typedef struct reading {
  exchange *exchange;
  SEXP from;
  R_xlen_t first; /* the place that it begins at … */
  R_xlen_t end;   /* … and ends before */
  R_xlen_t at;
  double *block;
  R_xlen_t room;
  R_xlen_t read;
} reading;

static void fill_integers(reading *r) {
  int integers[READER_BLOCK];
  r->read = INTEGER_GET_REGION(r->from, r->at, r->room, integers);
  for (R_xlen_t i = 0; i < r->read; i++)
    r->block[i] = integers[i] == NA_INTEGER ? NA_REAL : integers[i];
}

static void fill_bytes(reading *r) {
  Rbyte bytes[READER_BLOCK];
  r->read = RAW_GET_REGION(r->from, r->at, r->room, bytes);
  for (R_xlen_t i = 0; i < r->read; i++)
    r->block[i] = bytes[i];
}

/* Code of the vector's class may run: beneath a guard. */
static SEXP reading_fill(void *context) {
  reading *r = context;
  if (TYPEOF(r->from) == REALSXP)
    r->read = REAL_GET_REGION(r->from, r->at, r->room, r->block);
  else if (TYPEOF(r->from) == INTSXP)
    fill_integers(r);
  else
    fill_bytes(r);
  return R_NilValue;
}

static size_t reading_block(void *context, double *block, size_t room) {
  reading *r = context;
  R_xlen_t left = r->end - r->at;
  r->block = block;
  r->room = room < READER_BLOCK ? (R_xlen_t)room : READER_BLOCK;
  r->room = left < r->room ? left : r->room;
  r->read = 0;
  if (r->room == 0)
    return 0;
  if (!exchange_guard(r->exchange, reading_fill, r))
    return (size_t)-1;
  r->at += r->read;
  return (size_t)r->read;
}

static void reading_restart(void *context) {
  reading *r = context;
  r->at = r->first;
}

static bool is_integer64(SEXP x) {
  return TYPEOF(x) == REALSXP && Rf_inherits(x, "integer64");
}

/* Whether a vector would get memory of its own by being looked at. Those of integer64 do, since a reader gives doubles,
 * in which the core could not tell which of them are not exact. */
static bool is_on_demand(SEXP x) {
  bool read = TYPEOF(x) == INTSXP || TYPEOF(x) == REALSXP || TYPEOF(x) == RAWSXP;
  return read && ALTREP(x) && !is_integer64(x) && XLENGTH(x) > READER_FROM && DATAPTR_OR_NULL(x) == NULL;
}

static charts_value *numbers_reader(exchange *e, SEXP x, R_xlen_t from, R_xlen_t count, charts_time time) {
  reading *r = (reading *)R_alloc(1, sizeof *r); /* lives until .Call returns */
  *r = (reading){.exchange = e, .from = x, .first = from, .end = from + count, .at = from};
  charts_reader_source source = {.read = reading_block,
                                 .restart = reading_restart,
                                 .context = r,
                                 .width = 1,
                                 .count = (size_t)count,
                                 .time = time,
                                 .zone = time == CHARTS_TIME_S ? zone_of(x) : NULL};
  return charts_reader_new(&source);
}

/* ---- Columns in memory ----------------------------------------------------------------------------------------------
 */

/* NA alone is logical in R, whatever it stands for. */
static bool is_truth(SEXP x) {
  if (TYPEOF(x) != LGLSXP)
    return false;
  for (R_xlen_t i = 0; i < XLENGTH(x); i++)
    if (LOGICAL_RO(x)[i] != NA_LOGICAL)
      return true;
  return XLENGTH(x) == 0;
}

/* `count` numbers of a vector from place `from` on. */
static charts_value *numbers_column(exchange *e, SEXP x, R_xlen_t from, R_xlen_t count, charts_time time) {
  charts_column column = {.count = (size_t)count, .time = time};
  if (is_on_demand(x))
    return numbers_reader(e, x, from, count, time);
  if (time == CHARTS_TIME_S)
    column.zone = zone_of(x);
  switch (TYPEOF(x)) {
  case LGLSXP:
  case INTSXP:
    column.memory = (TYPEOF(x) == LGLSXP ? LOGICAL_RO(x) : INTEGER_RO(x)) + from;
    column.type = CHARTS_INT32;
    column.logical = is_truth(x);
    column.has_missing = true;
    column.missing = NA_INTEGER;
    break;
  case RAWSXP:
    column.memory = RAW_RO(x) + from;
    column.type = CHARTS_UINT8;
    break;
  default:
    column.memory = REAL_RO(x) + from;
    column.type = CHARTS_FLOAT64;
    if (is_integer64(x)) {
      column.type = CHARTS_INT64;
      column.has_missing = true;
      column.missing = INT64_MIN;
    }
  }
  return charts_column_new(&column);
}

/* Days from 1970 to the first day of a month (0 to 11) of a year. */
static double days_to(double year, int month) {
  static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  bool leap = fmod(year, 4) == 0 && (fmod(year, 100) != 0 || fmod(year, 400) == 0);
  double past = year - 1;
  double days = 365 * past + floor(past / 4) - floor(past / 100) + floor(past / 400) - 719162;
  return days + before[month] + (leap && month > 1 ? 1 : 0);
}

/* Years with a fraction (of `count` of them, from `start` on by 1/frequency, or from `years`) as a Date vector of the
 * first days of their periods. */
static SEXP period_starts(exchange *e, R_xlen_t count, double frequency, double start, const double *years) {
  SEXP days = keep(e, Rf_allocVector(REALSXP, count));
  for (R_xlen_t i = 0; i < count; i++) {
    double period = round((years != NULL ? years[i] : start + (double)i / frequency) * frequency);
    double year = floor(period / frequency);
    int month = ISNAN(period) ? 0 : (int)((period - year * frequency) * 12 / frequency);
    REAL(days)[i] = days_to(year, month);
  }
  Rf_setAttrib(days, R_ClassSymbol, Rf_mkString("Date"));
  return days;
}

static SEXP posixct(exchange *e, SEXP posixlt) {
  SEXP call = PROTECT(Rf_lang2(Rf_install("as.POSIXct"), posixlt));
  SEXP times = keep(e, Rf_eval(call, R_BaseEnv));
  UNPROTECT(1);
  return times;
}

/* A vector without dimensions as one column: numbers, or a list of text. */
static charts_value *vector_column(exchange *e, SEXP x) {
  if (TYPEOF(x) == STRSXP || Rf_isFactor(x))
    return text_list(e, x);
  if (Rf_inherits(x, "POSIXlt"))
    x = posixct(e, x);
  if (!is_numbers(x))
    return value_from_r(e, x);
  if (TYPEOF(x) == REALSXP && (Rf_inherits(x, "yearmon") || Rf_inherits(x, "yearqtr")))
    x = period_starts(e, XLENGTH(x), Rf_inherits(x, "yearmon") ? 12 : 4, 0, REAL_RO(x));
  charts_time time = CHARTS_TIME_NONE;
  if (Rf_inherits(x, "Date"))
    time = CHARTS_TIME_DAYS;
  else if (Rf_inherits(x, "POSIXct"))
    time = CHARTS_TIME_S;
  return numbers_column(e, x, 0, XLENGTH(x), time);
}

/* ---- Frames --------------------------------------------------------------------------------------------------------
 */

static void frame_add(charts_value *frame, SEXP names, R_xlen_t place, charts_value *column) {
  SEXP name = names == R_NilValue ? R_BlankString : STRING_ELT(names, place);
  const void *watermark = vmaxget();
  charts_frame_add(frame, name == NA_STRING || LENGTH(name) == 0 ? NULL : utf8(name), column);
  vmaxset(watermark);
}

static charts_value *data_frame(exchange *e, SEXP x) {
  SEXP names = PROTECT(Rf_getAttrib(x, R_NamesSymbol));
  charts_value *frame = begin(e, charts_frame());
  for (R_xlen_t i = 0; i < XLENGTH(x); i++)
    frame_add(frame, names, i, vector_column(e, VECTOR_ELT(x, i)));
  UNPROTECT(1);
  return finish(e);
}

static int columns_of(SEXP x) {
  SEXP size = Rf_getAttrib(x, R_DimSymbol);
  return Rf_isInteger(size) && LENGTH(size) == 2 ? INTEGER(size)[1] : 1;
}

static SEXP column_names(SEXP x) {
  SEXP names = Rf_getAttrib(x, R_DimNamesSymbol);
  return Rf_isNewList(names) && LENGTH(names) == 2 ? VECTOR_ELT(names, 1) : R_NilValue;
}

/* Column `place` of a matrix of numbers, or of a vector, which has one. */
static charts_value *matrix_column(exchange *e, SEXP x, int place) {
  R_xlen_t rows = columns_of(x) > 0 ? XLENGTH(x) / columns_of(x) : 0;
  return numbers_column(e, x, rows * place, rows, CHARTS_TIME_NONE);
}

static charts_value *matrix(exchange *e, SEXP x) {
  SEXP names = PROTECT(column_names(x));
  charts_value *frame = begin(e, charts_frame());
  for (int i = 0; i < columns_of(x); i++)
    frame_add(frame, names, i, matrix_column(e, x, i));
  UNPROTECT(1);
  return finish(e);
}

/* ---- Time series: ts, zoo, xts -------------------------------------------------------------------------------------
 */

static bool is_time_series(SEXP x) {
  return is_numbers(x) && (Rf_inherits(x, "ts") || Rf_inherits(x, "zoo"));
}

/* The index of a ts. Months and quarters are times, as R itself prints them; so are years of four digits, while a
 * series that merely counts (ts(1:10)) is numbered. */
static SEXP ts_index(exchange *e, SEXP x) {
  R_xlen_t count = columns_of(x) > 0 ? XLENGTH(x) / columns_of(x) : 0;
  SEXP tsp = Rf_getAttrib(x, R_TspSymbol);
  double start = Rf_isReal(tsp) && LENGTH(tsp) == 3 ? REAL(tsp)[0] : 1;
  double frequency = Rf_isReal(tsp) && LENGTH(tsp) == 3 ? REAL(tsp)[2] : 1;
  if (frequency == 12 || frequency == 4 || (frequency == 1 && start >= 1000 && start == floor(start)))
    return period_starts(e, count, frequency, start, NULL);
  SEXP index = keep(e, Rf_allocVector(REALSXP, count));
  for (R_xlen_t i = 0; i < count; i++)
    REAL(index)[i] = start + (double)i / frequency;
  return index;
}

static SEXP index_of(exchange *e, SEXP x) {
  return Rf_inherits(x, "ts") ? ts_index(e, x) : keep(e, Rf_getAttrib(x, Rf_install("index")));
}

/* An index as a column. That of an xts counts seconds and has no class. */
static charts_value *index_column(exchange *e, SEXP series, SEXP index) {
  if (Rf_inherits(series, "xts") && is_numbers(index) && !OBJECT(index))
    return numbers_column(e, index, 0, XLENGTH(index), CHARTS_TIME_S);
  return vector_column(e, index);
}

static charts_value *index_and_column(exchange *e, SEXP x, SEXP index, int place) {
  charts_value *frame = begin(e, charts_frame());
  charts_frame_add(frame, NULL, index_column(e, x, index));
  charts_frame_add(frame, NULL, matrix_column(e, x, place));
  return finish(e);
}

/* Several series on one index, each as a record with its own data. */
static void add_each_series(exchange *e, charts_value *list, SEXP x) {
  SEXP index = index_of(e, x);
  SEXP names = PROTECT(column_names(x));
  for (int i = 0; i < columns_of(x); i++) {
    charts_value *record = begin(e, charts_record());
    if (names != R_NilValue)
      charts_record_set(record, "name", text_value(STRING_ELT(names, i)));
    charts_record_set(record, "data", index_and_column(e, x, index, i));
    charts_list_add(list, finish(e));
  }
  UNPROTECT(1);
}

static charts_value *time_series(exchange *e, SEXP x) {
  if (columns_of(x) == 1)
    return index_and_column(e, x, index_of(e, x), 0);
  charts_value *list = begin(e, charts_list());
  add_each_series(e, list, x);
  return finish(e);
}

/* ---- Anything ------------------------------------------------------------------------------------------------------
 */

static charts_value *list_value(exchange *e, SEXP x) {
  SEXP names = PROTECT(Rf_getAttrib(x, R_NamesSymbol));
  bool named = names != R_NilValue;
  charts_value *list = begin(e, named ? charts_record() : charts_list());
  for (R_xlen_t i = 0; i < XLENGTH(x); i++) {
    SEXP item = VECTOR_ELT(x, i);
    if (named)
      add_named(list, names, i, value_from_r(e, item));
    else if (is_time_series(item) && columns_of(item) > 1)
      add_each_series(e, list, item);
    else
      charts_list_add(list, value_from_r(e, item));
  }
  UNPROTECT(1);
  return finish(e);
}

static charts_value *chart_value(SEXP x) {
  SEXP pointer = TYPEOF(x) == ENVSXP ? Rf_findVarInFrame(x, Rf_install(".handle")) : x;
  return charts_handle(chart_id(pointer));
}

static charts_value *vector_value(exchange *e, SEXP x) {
  SEXP size = Rf_getAttrib(x, R_DimSymbol);
  if (is_time_series(x))
    return time_series(e, x);
  if (is_numbers(x) && !Rf_isFactor(x) && Rf_isInteger(size) && LENGTH(size) == 2)
    return matrix(e, x);
  if (TYPEOF(x) == LGLSXP && XLENGTH(x) == 1 && LOGICAL_RO(x)[0] == NA_LOGICAL)
    return charts_null();
  return vector_column(e, x);
}

static charts_value *value_from_r(exchange *e, SEXP x) {
  if (e->depth >= DEEPEST - 2) /* a time series is up to two levels more */
    return charts_null();
  if (Rf_inherits(x, "charts_chart") || (TYPEOF(x) == EXTPTRSXP && R_ExternalPtrTag(x) == chart_tag()))
    return chart_value(x);
  switch (TYPEOF(x)) {
  case NILSXP:
    return charts_null();
  case STRSXP:
    return XLENGTH(x) == 1 ? text_value(STRING_ELT(x, 0)) : text_list(e, x);
  case LGLSXP:
  case INTSXP:
  case REALSXP:
  case RAWSXP:
    return vector_value(e, x);
  case VECSXP:
    if (Rf_inherits(x, "data.frame"))
      return data_frame(e, x);
    return Rf_inherits(x, "POSIXlt") ? vector_column(e, x) : list_value(e, x);
  default:
    return refuse(e, x);
  }
}

void arguments_from_list(exchange *e, const char *verb, SEXP list) {
  const char *const *places = charts_verb_arguments(verb);
  SEXP names = PROTECT(Rf_getAttrib(list, R_NamesSymbol));
  e->arguments = charts_record();
  for (R_xlen_t i = 0; i < XLENGTH(list); i++) {
    bool named = names != R_NilValue && LENGTH(STRING_ELT(names, i)) > 0;
    const char *place = places != NULL && *places != NULL ? *places++ : verb;
    e->argument = named ? CHAR(STRING_ELT(names, i)) : place;
    add_named(e->arguments, names, i, value_from_r(e, VECTOR_ELT(list, i)));
  }
  UNPROTECT(1);
}
