/* charts_value -> R value. */
#include "binding.h"

#include <string.h>

static SEXP text_to_r(const charts_value *value) {
  size_t length = 0;
  const char *bytes = charts_value_text(value, &length);
  return bytes != NULL ? Rf_mkCharLenCE(bytes, (int)length, CE_UTF8) : NA_STRING;
}

/* Gives a vector of seconds the class and zone of R's times. `vector` is protected by the caller. */
static void mark_time(SEXP vector, const char *zone) {
  SEXP class = PROTECT(Rf_allocVector(STRSXP, 2));
  SET_STRING_ELT(class, 0, Rf_mkChar("POSIXct"));
  SET_STRING_ELT(class, 1, Rf_mkChar("POSIXt"));
  Rf_setAttrib(vector, R_ClassSymbol, class);
  Rf_setAttrib(vector, Rf_install("tzone"), Rf_mkString(zone != NULL ? zone : "UTC"));
  UNPROTECT(1);
}

/* Seconds since 1970 of what a column of times counts. */
static double seconds(charts_time time, double number) {
  switch (time) {
  case CHARTS_TIME_MS:
    return number / 1000;
  case CHARTS_TIME_DAYS:
    return number * 86400;
  case CHARTS_TIME_DATENUM:
    return (number - 719529) * 86400;
  default:
    return number;
  }
}

static SEXP column_to_r(const charts_column *column) {
  R_xlen_t count = (R_xlen_t)column->count;
  if (column->logical) {
    SEXP truths = PROTECT(Rf_allocVector(LGLSXP, count));
    for (R_xlen_t i = 0; i < count; i++) {
      double number = charts_column_number(column, (size_t)i);
      LOGICAL(truths)[i] = ISNAN(number) ? NA_LOGICAL : number != 0;
    }
    UNPROTECT(1);
    return truths;
  }
  SEXP numbers = PROTECT(Rf_allocVector(REALSXP, count));
  double *to = REAL(numbers);
  for (R_xlen_t i = 0; i < count; i++) {
    double number = seconds(column->time, charts_column_number(column, (size_t)i));
    to[i] = ISNAN(number) ? NA_REAL : number; /* a gap is R's NA */
  }
  if (column->time != CHARTS_TIME_NONE)
    mark_time(numbers, column->zone);
  UNPROTECT(1);
  return numbers;
}

/* The kind that all items of a list are of (gaps among numbers and truth values aside); CHARTS_LIST when they differ or
 * are fewer than two: R cannot tell one item from a list of it, so a short list stays one. */
static charts_kind common_kind(const charts_value *list) {
  charts_kind common = CHARTS_NULL;
  bool gaps = false;
  size_t count = charts_value_count(list);
  for (size_t i = 0; i < count; i++) {
    charts_kind kind = charts_value_kind(charts_value_at(list, i));
    if (kind == CHARTS_NULL)
      gaps = true;
    else if ((kind != CHARTS_TEXT && kind != CHARTS_NUMBER && kind != CHARTS_BOOLEAN) ||
             (common != CHARTS_NULL && kind != common))
      return CHARTS_LIST;
    else
      common = kind;
  }
  bool vector = count >= 2 && common != CHARTS_NULL && !(gaps && common == CHARTS_TEXT);
  return vector ? common : CHARTS_LIST;
}

static SEXP items_to_vector(const charts_value *list, charts_kind kind) {
  R_xlen_t count = (R_xlen_t)charts_value_count(list);
  SEXPTYPE type = kind == CHARTS_TEXT ? STRSXP : kind == CHARTS_NUMBER ? REALSXP : LGLSXP;
  SEXP vector = PROTECT(Rf_allocVector(type, count));
  for (R_xlen_t i = 0; i < count; i++) {
    const charts_value *item = charts_value_at(list, (size_t)i);
    bool gap = charts_value_kind(item) == CHARTS_NULL;
    if (kind == CHARTS_TEXT)
      SET_STRING_ELT(vector, i, text_to_r(item));
    else if (kind == CHARTS_NUMBER)
      REAL(vector)[i] = gap ? NA_REAL : charts_value_number(item);
    else
      LOGICAL(vector)[i] = gap ? NA_LOGICAL : charts_value_boolean(item);
  }
  UNPROTECT(1);
  return vector;
}

/* The keys of a record or frame as names; `items` is protected by the caller. */
static void set_names(SEXP items, const charts_value *from) {
  R_xlen_t count = XLENGTH(items);
  SEXP names = PROTECT(Rf_allocVector(STRSXP, count));
  for (R_xlen_t i = 0; i < count; i++) {
    const char *key = charts_value_key(from, (size_t)i);
    SET_STRING_ELT(names, i, Rf_mkCharCE(key != NULL ? key : "", CE_UTF8));
  }
  Rf_setAttrib(items, R_NamesSymbol, names);
  UNPROTECT(1);
}

static SEXP items_to_list(const charts_value *from, bool named) {
  R_xlen_t count = (R_xlen_t)charts_value_count(from);
  SEXP items = PROTECT(Rf_allocVector(VECSXP, count));
  for (R_xlen_t i = 0; i < count; i++)
    SET_VECTOR_ELT(items, i, result_to_r(charts_value_at(from, (size_t)i), R_NilValue));
  if (named)
    set_names(items, from);
  UNPROTECT(1);
  return items;
}

static SEXP frame_to_r(const charts_value *frame) {
  SEXP columns = PROTECT(items_to_list(frame, true));
  const charts_column *first = charts_value_column(charts_value_at(frame, 0));
  SEXP rows = PROTECT(Rf_allocVector(INTSXP, 2)); /* R's short form of 1 … n */
  INTEGER(rows)[0] = NA_INTEGER;
  INTEGER(rows)[1] = first != NULL ? -(int)first->count : 0;
  Rf_setAttrib(columns, R_RowNamesSymbol, rows);
  Rf_setAttrib(columns, R_ClassSymbol, Rf_mkString("data.frame"));
  UNPROTECT(2);
  return columns;
}

SEXP result_to_r(const charts_value *value, SEXP handle) {
  charts_kind kind = charts_value_kind(value);
  switch (kind) {
  case CHARTS_NULL:
  case CHARTS_READER:
    return R_NilValue;
  case CHARTS_BOOLEAN:
    return Rf_ScalarLogical(charts_value_boolean(value));
  case CHARTS_NUMBER:
    return Rf_ScalarReal(charts_value_number(value));
  case CHARTS_TEXT:
    return Rf_ScalarString(text_to_r(value));
  case CHARTS_HANDLE:
    return handle;
  case CHARTS_COLUMN:
    return column_to_r(charts_value_column(value));
  case CHARTS_FRAME:
    return frame_to_r(value);
  case CHARTS_RECORD:
    return items_to_list(value, true);
  case CHARTS_LIST:
    kind = common_kind(value);
    return kind == CHARTS_LIST ? items_to_list(value, false) : items_to_vector(value, kind);
  }
  return R_NilValue;
}
