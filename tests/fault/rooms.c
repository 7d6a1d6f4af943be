/* Operations of rooms of the core: what a server's threads do, and what calls are made of. */
#include "operations.h"

#include "inject.h"

#include "indexer.h"
#include "indexing.h"
#include "stack.h"
#include "windows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(charts_status status, const charts_error *error) {
  if (status == CHARTS_OK)
    return;
  (void)fprintf(stderr, "%s\n", error->message);
  _exit(2);
}

static directory *open_world(void) {
  directory *opened = NULL;
  charts_error error;
  must(directory_open(&opened, "d", DIRECTORY_WRITE, &error), &error);
  return opened;
}

static charts_value *parsed(const char *json) {
  charts_value *value = NULL;
  charts_error error;
  must(charts_value_parse(&value, json, strlen(json), &error), &error);
  return value;
}

/* ---- Texts ---- */

static const char json_text[] = "{\"a\":[1,2.5,-1e300,null,true,\"\\u00e9\\n\"],\"b\":{\"c\":{\"d\":[[],{}]}},"
                                "\"a long key that does not fit into anything that was there\":\"a long text\"}";

charts_status run_json(const operation *of, char **text, charts_error *error) {
  charts_value *value = NULL;
  (void)of;
  inject_on(INJECT_ALL);
  charts_status status = charts_value_parse(&value, json_text, strlen(json_text), error);
  if (status == CHARTS_OK)
    status = charts_value_write(text, value, error);
  inject_off();
  charts_value_free(value);
  return status;
}

charts_status run_options(const operation *of, char **text, charts_error *error) {
  charts_value *given = parsed("{\"chart\":{\"type\":\"bar\"},\"title\":{\"text\":\"t\",\"colour\":\"red\"},"
                               "\"yAxis\":{\"title\":{\"text\":\"y\"}},\"titel\":1,\"series\":[]}");
  charts_value *checked = NULL;
  charts_value *messages = charts_list();
  (void)of;
  inject_on(INJECT_ALL);
  charts_status status = options_check(&checked, given, "options", messages, error);
  inject_off();
  /* A message that there was no memory for fails when the call's result is made. */
  if (status == CHARTS_OK && value_failed(messages))
    status = error_memory(error);
  else if (status == CHARTS_OK)
    must(charts_value_write(text, checked, error), error);
  charts_value_free(given);
  charts_value_free(checked);
  charts_value_free(messages);
  return status;
}

charts_status run_session(const operation *of, char **text, charts_error *error) {
  charts_host host = {.size = sizeof host, .language = "C"};
  charts_session *session = NULL;
  (void)of;
  (void)text;
  inject_on(INJECT_ALL);
  charts_status status = charts_session_open(&session, &host, error);
  charts_session_close(session);
  inject_off();
  return status;
}

/* ---- Windows ---- */

static void add_window(buffer *to, const char *name, charts_status status, window *answer) {
  buffer_add_format(to, "%s:", name);
  if (status != CHARTS_OK)
    return;
  buffer_add_format(to, " %d %d %d %" PRIu64 "\n", (int)answer->kind, answer->raw, answer->sorted, answer->count);
  for (size_t i = 0; i < answer->column_count; i++) {
    const window_column *column = &answer->columns[i];
    buffer_add_format(to, "%s", column->role);
    for (size_t k = 0; k < column->count; k++)
      if (column->numbers != NULL)
        buffer_add_format(to, " %.17g", column->numbers[k]);
      else
        buffer_add_format(to, " %s", column->texts[k] != NULL ? column->texts[k] : "-");
    buffer_add_char(to, '\n');
  }
  window_free(answer);
}

/* Reads some windows of a series. */
static charts_status read_windows(buffer *to, const directory *opened, const char *file, charts_error *error) {
  static const window_request requests[] = {
      {.from = -INFINITY, .to = INFINITY, .columns = 20},
      {.from = 100.5, .to = 700, .columns = 30},
      {.from = 10, .to = 20, .columns = 100},
      {.from = 100, /* bins read every row where they differ */
       .to = 300,
       .columns = 5,
       .points = true,
       .bin_rows = 4,
       .bin_low = -INFINITY,
       .bin_high = INFINITY},
  };
  charts_status status = CHARTS_OK;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0] && status == CHARTS_OK; i++) {
    window answer;
    inject_on(INJECT_ALL);
    status = window_read(&answer, opened, file, &requests[i], error);
    inject_off();
    add_window(to, file, status, &answer);
  }
  return status;
}

static charts_status run_windows_of(const char *const *files, char **text, charts_error *error) {
  buffer to = {0};
  directory *opened = open_world();
  charts_status status = CHARTS_OK;
  for (size_t i = 0; files[i] != NULL && status == CHARTS_OK; i++)
    status = read_windows(&to, opened, files[i], error);
  directory_close(opened);
  if (status == CHARTS_OK)
    *text = to.bytes;
  else
    buffer_free(&to);
  return status;
}

charts_status run_windows(const operation *of, char **text, charts_error *error) {
  static const char *const files[] = {"large.json", NULL};
  (void)of;
  return run_windows_of(files, text, error);
}

charts_status run_windows_text(const operation *of, char **text, charts_error *error) {
  static const char *const files[] = {"alpha.json", "beta.json", "gamma.json", "delta.json", "alien.json", NULL};
  (void)of;
  return run_windows_of(files, text, error);
}

charts_status run_nearest(const operation *of, char **text, charts_error *error) {
  static const char *const files[] = {"large.json", "alpha.json"};
  buffer to = {0};
  directory *opened = open_world();
  charts_status status = CHARTS_OK;
  (void)of;
  for (size_t i = 0; i < 2 && status == CHARTS_OK; i++) {
    window answer;
    int file = -1;
    must(directory_open_series(&file, NULL, opened, files[i], error), error);
    inject_on(INJECT_ALL);
    status = window_nearest(&answer, opened, files[i], file, 321.04, error);
    inject_off();
    (void)close(file);
    add_window(&to, files[i], status, &answer);
  }
  directory_close(opened);
  if (status == CHARTS_OK)
    *text = to.bytes;
  else
    buffer_free(&to);
  return status;
}

charts_status run_stack(const operation *of, char **text, charts_error *error) {
  stack_layer layers[2] = {{.file = "large.json"}, {.file = "larger.json"}};
  window_request request = {.from = 3, .to = 900, .columns = 25};
  buffer to = {0};
  directory *opened = open_world();
  (void)of;
  for (size_t i = 0; i < 2; i++)
    must(directory_open_series(&layers[i].descriptor, NULL, opened, layers[i].file, error), error);
  inject_on(INJECT_ALL);
  charts_status status = stack_read(opened, layers, 2, &request, error);
  inject_off();
  for (size_t i = 0; i < 2; i++) {
    (void)close(layers[i].descriptor);
    if (status == CHARTS_OK)
      add_window(&to, layers[i].file, status, &layers[i].answer);
  }
  directory_close(opened);
  *text = to.bytes;
  return status;
}

charts_status run_indexing(const operation *of, char **text, charts_error *error) {
  directory *opened = open_world();
  int file = -1;
  (void)of;
  must(directory_open_series(&file, NULL, opened, "large.json", error), error);
  indexing work = {opened, "large.json", file, true, NULL, NULL};
  inject_on(INJECT_ALL);
  charts_status status = indexing_run(&work, error);
  inject_off();
  (void)close(file);
  directory_close(opened);
  (void)text;
  return status;
}

/* Asks until the series is indexed, or is not going to be. A file is left alone until it has rested for two seconds:
 * the clocks are set ahead so that it has, which the thread sees when another one is asked for. */
static bool index_behind(indexer *of, const directory *opened, const int files[2]) {
  static const char *const names[] = {"large.json", "larger.json"};
  const window_indexer *asked = indexer_asked(of);
  double progress = 0;
  bool coming = asked->ask(asked->context, opened, names[0], files[0], &progress);
  inject_ahead(3000);
  (void)asked->ask(asked->context, opened, names[1], files[1], &progress);
  for (progress = 0; coming && progress < 1;)
    coming = asked->ask(asked->context, opened, names[0], files[0], &progress);
  inject_ahead(0);
  return coming;
}

charts_status run_indexer(const operation *of, char **text, charts_error *error) {
  directory *opened = open_world();
  indexer *indexed = NULL;
  int files[2];
  (void)of;
  must(directory_open_series(&files[0], NULL, opened, "large.json", error), error);
  must(directory_open_series(&files[1], NULL, opened, "larger.json", error), error);
  inject_on(INJECT_ALL);
  charts_status status = indexer_open(&indexed, error);
  if (status == CHARTS_OK && !index_behind(indexed, opened, files))
    status = error_set(error, CHARTS_IO, "it is not indexed");
  indexer_close(indexed, false);
  inject_off();
  (void)close(files[0]);
  (void)close(files[1]);
  if (status == CHARTS_OK) {
    bool there = access("d/.charts/pyramid/large.json.pyramid", F_OK) == 0;
    *text = text_copy(there ? "there" : "missing", there ? 5 : 7);
  }
  directory_close(opened);
  return status;
}

/* ---- The directory ---- */

static void add_listing(buffer *to, const directory_listing *listing) {
  for (size_t i = 0; i < listing->count; i++)
    buffer_add_format(to, "%s %s %s\n", listing->entries[i].file,
                      listing->entries[i].name != NULL ? listing->entries[i].name : "-",
                      listing->entries[i].reason != NULL ? listing->entries[i].reason : "-");
  for (size_t i = 0; i < listing->view_count; i++)
    buffer_add_format(to, "view %s\n", listing->views[i]);
  for (size_t i = 0; i < listing->settings_count; i++)
    buffer_add_format(to, "settings %s\n", listing->settings[i]);
}

/* Whether a listing that could not read something keeps later ones, which take over what it knows, from reading it. */
static bool outlives(directory_listing *known, const directory *opened) {
  directory_listing later = {0};
  directory_listing fresh = {0};
  buffer one = {0};
  buffer other = {0};
  charts_error error;
  must(directory_list(&later, opened, known, &error), &error);
  must(directory_list(&fresh, opened, NULL, &error), &error);
  add_listing(&one, &later);
  add_listing(&other, &fresh);
  bool same = strcmp(one.bytes, other.bytes) == 0;
  directory_listing_free(&later);
  directory_listing_free(&fresh);
  buffer_free(&one);
  buffer_free(&other);
  return !same;
}

charts_status run_listing(const operation *of, char **text, charts_error *error) {
  directory_listing first = {0};
  directory_listing listing = {0};
  directory *opened = NULL;
  buffer to = {0};
  (void)of;
  inject_on(INJECT_ALL);
  charts_status status = directory_open(&opened, "d", DIRECTORY_READ, error);
  if (status == CHARTS_OK)
    status = directory_list(&first, opened, NULL, error);
  if (status == CHARTS_OK)
    status = directory_list(&listing, opened, &first, error);
  inject_off();
  add_listing(&to, &listing);
  if (status == CHARTS_OK && outlives(&listing, opened)) {
    buffer_clear(&to);
    buffer_add_text(&to, "what could not be read is not read again");
  }
  directory_listing_free(&first);
  directory_listing_free(&listing);
  directory_close(opened);
  if (status == CHARTS_OK)
    *text = to.bytes;
  else
    buffer_free(&to);
  return status;
}

charts_status run_settings(const operation *of, char **text, charts_error *error) {
  charts_value *given = parsed("{\"title\":{\"text\":\"t\"}}");
  directory *opened = NULL;
  (void)of;
  (void)text;
  inject_on(INJECT_ALL);
  charts_status status = directory_open(&opened, "d", DIRECTORY_WRITE, error);
  if (status == CHARTS_OK)
    status = directory_settings_put(opened, "looks", given, error);
  directory_close(opened);
  inject_off();
  charts_value_free(given);
  return status;
}

charts_status run_settings_get(const operation *of, char **text, charts_error *error) {
  charts_value *found = NULL;
  directory *opened = NULL;
  (void)of;
  inject_on(INJECT_ALL);
  charts_status status = directory_open(&opened, "d", DIRECTORY_READ, error);
  if (status == CHARTS_OK)
    status = directory_settings_get(&found, opened, "looks", error);
  directory_close(opened);
  inject_off();
  if (status == CHARTS_OK)
    must(charts_value_write(text, found, error), error);
  charts_value_free(found);
  return status;
}
