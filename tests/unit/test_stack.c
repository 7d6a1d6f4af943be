/* Stacks: each layer is the sum of those up to it, exactly, from the text and by pyramids, also while they grow. */
#include "oracle.h"

#include "append.h"
#include "stackpyramid.h"
#include "windows.h"

#include <unistd.h>

enum { LAYERS = 3, POINTS = 40000 };

static const char *const names[LAYERS] = {"A", "B", "C"};
static const char *const files[LAYERS] = {"A.json", "B.json", "C.json"};
static point own[LAYERS][POINTS];
static point sums[LAYERS][POINTS];

static void make_layers(shape y, spacing x) {
  make_points(own[0], POINTS, y, x);
  for (size_t layer = 1; layer < LAYERS; layer++) {
    make_points(own[layer], POINTS, layer == 1 ? WALK : GAPS, REGULAR);
    for (size_t i = 0; i < POINTS; i++)
      own[layer][i].x = own[0][i].x;
  }
  for (size_t i = 0; i < POINTS; i++) {
    sums[0][i] = own[0][i];
    for (size_t layer = 1; layer < LAYERS; layer++)
      sums[layer][i] = (point){own[0][i].x, sums[layer - 1][i].y + own[layer][i].y};
  }
}

/* Puts or appends points [from, to) of a layer. */
static void give(size_t layer, size_t from, size_t to, bool only_y, bool append) {
  charts_error error = {0};
  series_list list;
  directory_report report;
  charts_column x = {&own[layer][from].x, to - from, sizeof(point), CHARTS_FLOAT64, false, false, 0,
                     CHARTS_TIME_NONE,    NULL};
  charts_column y = x;
  y.memory = &own[layer][from].y;
  charts_value *frame = charts_frame();
  if (!only_y)
    charts_frame_add(frame, NULL, charts_column_new(&x));
  charts_frame_add(frame, NULL, charts_column_new(&y));
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text(names[layer]));
  charts_record_set(record, "data", frame);
  charts_status status = series_read(&list, record, &(series_request){0}, NULL, &error);
  if (status == CHARTS_OK) {
    status = append ? append_series(opened, &list, &error) : directory_put(opened, &list, false, &report, NULL, &error);
    series_list_free(&list);
  }
  charts_value_free(record);
  if (status != CHARTS_OK)
    fail_msg("%s", error.message);
}

static void open_layers(stack_layer *layers) {
  charts_error error;
  for (size_t i = 0; i < LAYERS; i++) {
    layers[i] = (stack_layer){.file = files[i]};
    assert_int_equal(directory_open_series(&layers[i].descriptor, NULL, opened, files[i], &error), CHARTS_OK);
  }
}

static void close_layers(stack_layer *layers) {
  for (size_t i = 0; i < LAYERS; i++)
    (void)close(layers[i].descriptor);
}

static void check_stack(size_t count, const window_request *request) {
  stack_layer layers[LAYERS];
  charts_error error = {0};
  open_layers(layers);
  if (stack_read(opened, layers, LAYERS, request, &error) != CHARTS_OK)
    fail_msg("%s", error.message);
  for (size_t i = 0; i < LAYERS; i++) {
    assert_true(layers[i].answer.stacked);
    check_answer(sums[i], count, request, &layers[i].answer);
    window_free(&layers[i].answer);
  }
  close_layers(layers);
}

/* Whether the stack is answered by its pyramids. */
static bool by_pyramids(void) {
  stack_layer layers[LAYERS];
  window_request request = {.from = -INFINITY, .to = INFINITY, .columns = 100};
  open_layers(layers);
  bool read = stackpyramid_read(opened, layers, LAYERS, &request);
  for (size_t i = 0; read && i < LAYERS; i++)
    window_free(&layers[i].answer);
  close_layers(layers);
  return read;
}

static void sums_are_exact(void **state) {
  (void)state;
  seed = 17;
  for (int turn = 0; turn < 6; turn++) {
    bool only_y = turn % 3 == 2;
    make_layers(turn % 2 == 0 ? LONG_GAPS : SPIKES, only_y ? REGULAR : turn % 3 == 0 ? IRREGULAR : DOUBLES);
    for (size_t layer = 0; layer < LAYERS; layer++)
      give(layer, 0, POINTS, only_y, false);
    for (int i = 0; i < 15; i++) {
      window_request request = random_request(own[0], POINTS, false);
      check_stack(POINTS, &request);
    }
    assert_true(by_pyramids());
  }
}

static void short_stacks_are_summed_from_the_text(void **state) {
  (void)state;
  seed = 18;
  make_layers(GAPS, IRREGULAR);
  for (size_t layer = 0; layer < LAYERS; layer++)
    give(layer, 0, 900, false, false);
  for (int i = 0; i < 30; i++) {
    window_request request = random_request(own[0], 900, false);
    check_stack(900, &request);
  }
  assert_false(by_pyramids());
}

static void they_grow_with_their_series(void **state) {
  (void)state;
  seed = 19;
  make_layers(SPIKES, IRREGULAR);
  for (size_t layer = 0; layer < LAYERS; layer++)
    give(layer, 0, 20000, false, false);
  window_request all = {.from = -INFINITY, .to = INFINITY, .columns = 50};
  check_stack(20000, &all);
  for (size_t have = 20000; have < 26000; have += 750) {
    assert_true(by_pyramids());
    for (size_t layer = 0; layer < LAYERS; layer++)
      give(layer, have, have + 750, false, true);
    window_request request = random_request(own[0], have + 750, false);
    check_stack(have + 750, &request);
  }
  assert_true(by_pyramids());
}

static void a_replaced_series_is_summed_anew(void **state) {
  (void)state;
  seed = 20;
  make_layers(WALK, IRREGULAR);
  for (size_t layer = 0; layer < LAYERS; layer++)
    give(layer, 0, 20000, false, false);
  window_request all = {.from = -INFINITY, .to = INFINITY, .columns = 50};
  check_stack(20000, &all);
  assert_true(by_pyramids());
  for (size_t i = 0; i < POINTS; i++)
    own[1][i].y += 100;
  for (size_t i = 0; i < POINTS; i++)
    for (size_t layer = 1; layer < LAYERS; layer++)
      sums[layer][i].y = sums[layer - 1][i].y + own[layer][i].y;
  give(1, 0, 20000, false, false);
  assert_false(by_pyramids());
  check_stack(20000, &all);
  assert_true(by_pyramids());
}

static void who_does_not_share_x_does_not_stack(void **state) {
  (void)state;
  seed = 21;
  make_layers(WALK, IRREGULAR);
  own[1][777].x += 1e-9 * (1 + fabs(own[1][777].x));
  for (size_t layer = 0; layer < LAYERS; layer++)
    give(layer, 0, 20000, false, false);
  stack_layer layers[LAYERS];
  charts_error error;
  window_request all = {.from = -INFINITY, .to = INFINITY, .columns = 50};
  open_layers(layers);
  assert_int_equal(stack_read(opened, layers, LAYERS, &all, &error), CHARTS_TYPE);
  close_layers(layers);
  assert_false(by_pyramids());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(sums_are_exact, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(short_stacks_are_summed_from_the_text, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(they_grow_with_their_series, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(a_replaced_series_is_summed_anew, open_folder, close_folder),
      cmocka_unit_test_setup_teardown(who_does_not_share_x_does_not_stack, open_folder, close_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
