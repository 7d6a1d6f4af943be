#include "windowquery.h"

#include <math.h>
#include <string.h>

enum { SERIES_MOST = 1024 };

static bool is_list_of_files(const charts_value *list) {
  if (charts_value_kind(list) != CHARTS_LIST || charts_value_count(list) > SERIES_MOST)
    return false;
  for (size_t i = 0; i < charts_value_count(list); i++)
    if (charts_value_kind(charts_value_at(list, i)) != CHARTS_TEXT)
      return false;
  return true;
}

/* A bound: absent or null is `otherwise`. */
static bool read_bound(const charts_value *asked, const char *key, double otherwise, double *bound) {
  const charts_value *value = charts_value_get(asked, key);
  *bound = otherwise;
  if (!value || charts_value_kind(value) == CHARTS_NULL)
    return true;
  *bound = charts_value_number(value);
  return charts_value_kind(value) == CHARTS_NUMBER && !isnan(*bound);
}

static bool read_count(const charts_value *value, size_t most, size_t *count) {
  double number = charts_value_number(value);
  if (charts_value_kind(value) != CHARTS_NUMBER || !(number >= 1 && number <= (double)most) || number != floor(number))
    return false;
  *count = (size_t)number;
  return true;
}

static const char *read_bins(windows_request *wanted, const charts_value *bins) {
  const charts_value *columns = charts_value_get(bins, "columns");
  wanted->points = charts_value_get(bins, "series");
  if (charts_value_kind(bins) != CHARTS_RECORD || !is_list_of_files(wanted->points))
    return "`bins` must be a record with `series`, a list of files";
  if (!read_count(charts_value_get(bins, "rows"), WINDOW_ROWS_MOST, &wanted->window.bin_rows))
    return "`bins.rows` must be a whole number from 1 to 16384";
  if (columns && !read_count(columns, WINDOW_COLUMNS_MOST, &wanted->point_columns))
    return "`bins.columns` must be a whole number from 1 to 65536";
  if (!read_bound(bins, "low", -INFINITY, &wanted->window.bin_low) ||
      !read_bound(bins, "high", INFINITY, &wanted->window.bin_high))
    return "`bins.low` and `bins.high` must be numbers or null";
  return NULL;
}

static const char *read_stacks(windows_request *wanted, const charts_value *stacks) {
  static const char wrong[] = "`stacks` must be a list of lists of files";
  wanted->stacks = stacks;
  if (charts_value_kind(stacks) != CHARTS_LIST || charts_value_count(stacks) > SERIES_MOST)
    return wrong;
  for (size_t i = 0; i < charts_value_count(stacks); i++)
    if (!is_list_of_files(charts_value_at(stacks, i)))
      return wrong;
  return NULL;
}

static const char *read_window(window_request *wanted, const charts_value *asked) {
  const charts_value *scale = charts_value_get(asked, "x");
  if (!read_bound(asked, "from", -INFINITY, &wanted->from) || !read_bound(asked, "to", INFINITY, &wanted->to))
    return "`from` and `to` must be numbers or null";
  if (!read_count(charts_value_get(asked, "columns"), WINDOW_COLUMNS_MOST, &wanted->columns))
    return "`columns` must be a whole number from 1 to 65536";
  const char *name = scale ? charts_value_text(scale, NULL) : "linear";
  if (!name || (strcmp(name, "linear") != 0 && strcmp(name, "logarithmic") != 0))
    return "`x` must be \"linear\" or \"logarithmic\"";
  wanted->logarithmic = strcmp(name, "logarithmic") == 0;
  return NULL;
}

const char *windowquery_read(windows_request *wanted, const charts_value *asked) {
  const charts_value *bins = charts_value_get(asked, "bins");
  const charts_value *stacks = charts_value_get(asked, "stacks");
  *wanted = (windows_request){.files = charts_value_get(asked, "series")};
  if (!is_list_of_files(wanted->files))
    return "`series` must be a list of at most 1024 files";
  const char *wrong = read_window(&wanted->window, asked);
  if (!wrong && bins && charts_value_kind(bins) != CHARTS_NULL)
    wrong = read_bins(wanted, bins);
  if (!wrong && stacks && charts_value_kind(stacks) != CHARTS_NULL)
    wrong = read_stacks(wanted, stacks);
  return wrong;
}

const char *windowquery_nearest(const charts_value **files, double *x, const charts_value *asked) {
  const charts_value *value = charts_value_get(asked, "x");
  *files = charts_value_get(asked, "series");
  *x = charts_value_number(value);
  if (!is_list_of_files(*files))
    return "`series` must be a list of at most 1024 files";
  return charts_value_kind(value) == CHARTS_NUMBER && isfinite(*x) ? NULL : "`x` must be a number";
}
