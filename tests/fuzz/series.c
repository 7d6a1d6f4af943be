/* Any bytes as a series file: every way in which we read it gives the same, and that is what jansson and FORMAT.md say,
 * but for the differences that reference.h names. */
#include "fuzz.h"

#include "reading.h"
#include "reference.h"

#include <math.h>
#include <string.h>

/* ---- The JSON scanner alone ---- */

static void same_tree(const json_t *expected, json_t *found, const char *how) {
  fuzz_require((expected == NULL) == (found == NULL), "%s: %s, and jansson: %s", how,
               found != NULL ? "taken" : "refused", expected != NULL ? "taken" : "refused");
  if (expected != NULL) {
    char *one = json_dumps(expected, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    char *other = json_dumps(found, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    fuzz_require(json_equal(expected, found), "%s: jansson reads\n%s\nours\n%s", how, one, other);
    free(one);
    free(other);
  }
  json_decref(found);
}

static void check_scanner(const json_t *tree, const uint8_t *bytes, size_t length, size_t step) {
  json_t *plain = tree != NULL ? reference_plain(tree) : NULL;
  same_tree(tree, reading_tree(bytes, length, 0, true, false), "the scanner");
  same_tree(tree, reading_tree(bytes, length, step, true, false), "the scanner in steps");
  same_tree(plain, reading_tree(bytes, length, 0, true, true), "the scanner of numbers");
  same_tree(plain, reading_tree(bytes, length, step, true, true), "the scanner of numbers in steps");
  json_decref(plain);
}

/* Text that is to be JSON as it stands. NONFINITE and BOM are none then; OVERFLOW is. */
static void check_strict(const reference_text *text, const json_t *tree, const uint8_t *bytes, size_t length) {
  bool refused = text->nonfinite || tree == NULL;
  json_t *found = reading_tree(bytes, length, 0, false, false);
  same_tree(refused ? NULL : tree, found, "the strict scanner");
}

/* ---- The series ---- */

static bool same_number(double left, double right) {
  return memcmp(&left, &right, sizeof left) == 0 || (isnan(left) && isnan(right));
}

static void same_record(const json_t *expected, const char *text) {
  fuzz_require((expected == NULL) == (text == NULL), "a record is missing, or there is one too many");
  if (text == NULL)
    return;
  json_t *plain = reference_plain(expected);
  json_t *found = reference_parse(text, strlen(text));
  fuzz_require(found != NULL && json_equal(plain, found), "another record: %s", text);
  json_decref(plain);
  json_decref(found);
}

/* Texts with a NUL in them end there: labels are shown, never looked up. */
static void same_label(const json_t *expected, const char *label) {
  fuzz_require((expected == NULL) == (label == NULL) || json_string_length(expected) == 0,
               "a label is missing, or there is one too many");
  fuzz_require(label == NULL || strcmp(label, json_string_value(expected)) == 0, "another label: %s", label);
}

static void check_head(const reference_series *expected, const series_head *head) {
  fuzz_require(expected->kind == head->kind, "kind %d, expected %d", (int)head->kind, (int)expected->kind);
  fuzz_require((expected->name == NULL) == (head->name == NULL) &&
                   (head->name == NULL || strcmp(head->name, json_string_value(expected->name)) == 0),
               "another name");
  fuzz_require(expected->display == head->display && expected->has_index == head->has_index,
               "another display or index");
  fuzz_require(!head->has_index || same_number(expected->index, head->index), "another index");
  buffer text = {0};
  value_write(&text, head->attributes);
  json_t *found = reference_parse(text.bytes, text.length);
  fuzz_require(found != NULL && json_equal(found, expected->attributes), "other attributes: %s", text.bytes);
  json_decref(found);
  buffer_free(&text);
}

static void check_rows(const reference_series *expected, const reading *read) {
  size_t width = series_width(expected->kind);
  fuzz_require(expected->count == read->count, "%zu rows, expected %zu", read->count, expected->count);
  for (size_t i = 0; i < read->count; i++) {
    const reference_row *row = &expected->rows[i];
    for (size_t j = 0; j < width; j++)
      fuzz_require(same_number(row->numbers[j], read->rows[i * width + j]),
                   "row %zu, number %zu: %.17g, expected %.17g", i, j, read->rows[i * width + j], row->numbers[j]);
    same_label(row->label, read->labels[i]);
    same_record(row->record, read->records[i]);
  }
}

/* Whether ours may say no where the reference says yes: DUPLICATES and LIMITS. */
static bool may_refuse(const reference_text *text, const json_t *tree) {
  return reference_duplicates(text->bytes, text->length) || json_object_size(tree) > 1000;
}

static void check_series(const reading *read, const reference_text *text, const json_t *tree) {
  reference_series expected = reference_read(tree);
  if (read->status == CHARTS_OK) {
    fuzz_require(expected.valid, "a series that is none: %s", expected.reason);
    check_head(&expected, &read->head);
    check_rows(&expected, read);
  } else if (!may_refuse(text, tree)) {
    fuzz_require(!expected.valid, "refused: %s", read->error.message);
  }
  reference_series_free(&expected);
}

/* TORN: what is read is what stands before the limit, and closed it is a series of its own. */
static void check_torn(const reading *read, const uint8_t *bytes, const json_t *tree) {
  if (tree != NULL) {
    reference_series all = reference_read(tree);
    fuzz_require(!all.valid, "a whole series is taken for a torn one");
    reference_series_free(&all);
  }
  size_t limit = (size_t)read->head.limit;
  fuzz_require(bytes[limit] == '\n' || limit == read->head.data_start + 1, "torn where no append begins");
  uint8_t *cut = malloc(limit + 2);
  fuzz_require(cut != NULL, "out of memory");
  memcpy(cut, bytes, limit);
  memcpy(cut + limit, "]}", 2);
  reference_text text = reference_normalise(cut, limit + 2);
  json_t *before = reference_parse(text.bytes, text.length);
  fuzz_require(before != NULL || read->status != CHARTS_OK, "torn, and what stands before it is no JSON");
  if (before != NULL)
    check_series(read, &text, before);
  json_decref(before);
  reference_text_free(&text);
  free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  uint64_t random = 0x9E3779B97F4A7C15U ^ length ^ hash_bytes(bytes, length);
  size_t step = 1 + fuzz_next(&random) % 9;
  int file = fuzz_file(bytes, length);
  reference_text text = reference_normalise(bytes, length);
  json_t *tree = reference_parse(text.bytes, text.length);
  if (text.depth <= JSON_DEPTH) {
    check_scanner(tree, bytes, length, step);
    check_strict(&text, tree, bytes, length);
  } else {
    fuzz_require(reading_tree(bytes, length, step, true, false) == NULL, "text of %d levels is taken", text.depth);
  }

  reading whole = reading_of(file, true);
  reading by_tail = reading_of(file, false);
  reading_compare(&whole, &by_tail, "scanned whole, and by its tail");
  fuzz_require(seriesfile_check(file, "fuzz", NULL) == whole.status, "the check says something else");
  reading_window(&whole, file);
  if (whole.status == CHARTS_OK && pyramid_leaf_rows(whole.head.kind) > 0)
    reading_rowtext(&whole, bytes, length, step * step * step);
  if (whole.head.torn)
    check_torn(&whole, bytes, tree);
  else if (tree == NULL || text.depth > JSON_DEPTH)
    fuzz_require(whole.status != CHARTS_OK, "a series that jansson refuses");
  else
    check_series(&whole, &text, tree);
  reading_free(&whole);
  reading_free(&by_tail);
  json_decref(tree);
  reference_text_free(&text);
  return 0;
}
