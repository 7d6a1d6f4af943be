/* The long form of the promise of exactness: for each shape of data 1 000 random windows, whose columns equal a scan of
 * all points and whose picture is that of all points. Prints a line for each shape; the first difference ends it. */
#include "oracle.h"

#include "indexing.h"

#include <stdio.h>
#include <unistd.h>

enum { WINDOWS = 1000, POINTS = 250000, MANY = 10000000 };

static point *points;

static void index_file(void) {
  charts_error error = {0};
  indexing work = {.opened = opened, .file = "A.json", .descriptor = -1, .settled = true};
  if (directory_open_series(&work.descriptor, NULL, opened, "A.json", &error) != CHARTS_OK ||
      indexing_run(&work, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  (void)close(work.descriptor);
}

static void check(const char *name, size_t count, size_t windows, bool only_y, bool logarithmic) {
  write_points("A.json", points, count, only_y);
  index_file();
  for (size_t i = 0; i < windows; i++) {
    window_request request = random_request(points, count, logarithmic && i % 2 == 0);
    check_window(points, count, &request);
  }
  (void)printf("%s: %zu points, %zu windows, 0 differences, 0 pixels\n", name, count, windows);
  (void)fflush(stdout);
}

static void shapes(void **state) {
  (void)state;
  static const struct {
    const char *name;
    shape y;
    spacing x;
    bool only_y;
  } kinds[] = {{"random walk", WALK, REGULAR, false},
               {"random walk, counted x", WALK, REGULAR, true},
               {"spikes", SPIKES, REGULAR, false},
               {"sawtooth", SAWTOOTH, REGULAR, false},
               {"gaps", GAPS, REGULAR, false},
               {"long gaps", LONG_GAPS, IRREGULAR, false},
               {"plateaus", PLATEAUS, IRREGULAR, false},
               {"duplicate x", WALK, DOUBLES, false},
               {"irregular x", WALK, IRREGULAR, false},
               {"clusters of x", SPIKES, CLUSTERS, false},
               {"huge values", HUGE_VALUES, DOUBLES, false},
               {"tiny values", TINY_VALUES, IRREGULAR, false},
               {"constant", CONSTANT, IRREGULAR, false}};
  seed = 20060515;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    make_points(points, POINTS, kinds[i].y, kinds[i].x);
    check(kinds[i].name, POINTS, WINDOWS, kinds[i].only_y, false);
  }
  make_points(points, 30000, WALK, POSITIVE);
  check("logarithmic x", 30000, WINDOWS, false, true);
}

/* One point in ten million. */
static void lone_spike(void **state) {
  (void)state;
  seed = 7;
  for (size_t i = 0; i < MANY; i++)
    points[i] = (point){(double)i, unit()};
  points[7654321].y = 1e6;
  check("one spike in 1e7", MANY, WINDOWS, false, false);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shapes), cmocka_unit_test(lone_spike)};
  points = malloc(MANY * sizeof *points);
  int failed = points == NULL ? 1 : cmocka_run_group_tests(tests, open_folder, close_folder);
  free(points);
  return failed;
}
