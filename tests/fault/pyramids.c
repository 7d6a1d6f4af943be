#include "pyramids.h"

#include "indexing.h"
#include "pyramidstore.h"
#include "windowanswer.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

charts_status pyramids_make(const directory *opened, const char *file, charts_error *error) {
  int descriptor = -1;
  charts_status status = directory_open_series(&descriptor, NULL, opened, file, error);
  if (status != CHARTS_OK)
    return status;
  status = indexing_run(&(indexing){.opened = opened, .file = file, .descriptor = descriptor, .settled = true}, error);
  (void)close(descriptor);
  return status;
}

bool pyramids_follow(const directory *opened, const char *file, ino_t inode) {
  int descriptor = -1;
  struct stat status;
  pyramid_state state;
  uint64_t key = 0;
  if (directory_open_series(&descriptor, &status, opened, file, NULL) != CHARTS_OK)
    return true;
  (void)close(descriptor);
  int stored = pyramidstore_open(directory_own(opened), file, true);
  if (stored < 0)
    return true;
  bool known = pyramid_read_state(&state, &key, stored, file, NULL) == CHARTS_OK && state.stamp.inode == inode &&
               state.stamp.size == (uint64_t)status.st_size;
  pyramid_stamp stamp = pyramid_stamp_of(&status, true);
  bool done = !known || pyramid_restamp(stored, &stamp);
  (void)close(stored);
  return done;
}

static bool same_range(const double left[2], const double right[2]) {
  return left[0] == right[0] && left[1] == right[1];
}

static bool same_columns(const window *left, const window *right) {
  if (left->count != right->count || left->raw != right->raw || left->column_count != right->column_count ||
      !same_range(left->x, right->x) || !same_range(left->y, right->y))
    return false;
  for (size_t i = 0; i < left->column_count; i++) {
    const window_column *one = &left->columns[i];
    const window_column *other = &right->columns[i];
    if (one->count != other->count || memcmp(one->numbers, other->numbers, one->count * sizeof *one->numbers) != 0)
      return false;
  }
  return true;
}

static charts_status ask_one(bool *same, const directory *opened, const char *file, int descriptor,
                             const window_request *request, charts_error *error) {
  window shown;
  window truth;
  charts_status status = window_read_open(&truth, descriptor, file, request, error);
  if (status != CHARTS_OK)
    return status;
  status = window_read(&shown, opened, file, request, error);
  if (status == CHARTS_OK) {
    *same = *same && same_columns(&shown, &truth);
    window_free(&shown);
  }
  window_free(&truth);
  return status;
}

charts_status pyramids_ask(pyramids_answer *answer, const directory *opened, const char *file, charts_error *error) {
  enum { PARTS = 3 };
  static const size_t widths[] = {1, 60};
  int descriptor = -1;
  int stored = -1;
  window whole = {0};
  window_request request = {.from = -INFINITY, .to = INFINITY, .columns = 1};
  charts_status status = directory_open_series(&descriptor, NULL, opened, file, error);
  if (status != CHARTS_OK)
    return status;
  pyramid *found = window_open_pyramid(&stored, opened, file, descriptor);
  *answer = (pyramids_answer){.fits = found != NULL, .agrees = true};
  pyramid_close(found);
  if (stored >= 0)
    (void)close(stored);
  status = window_read_open(&whole, descriptor, file, &request, error);
  double first = whole.x[0];
  double part = (whole.x[1] - whole.x[0]) / PARTS;
  if (status == CHARTS_OK)
    window_free(&whole);
  for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
    for (int from = 0; from < PARTS; from++)
      for (int to = from + 1; to <= PARTS && status == CHARTS_OK; to++) {
        request = (window_request){.from = first + from * part, .to = first + to * part, .columns = widths[w]};
        status = ask_one(&answer->agrees, opened, file, descriptor, &request, error);
      }
  (void)close(descriptor);
  return status;
}
