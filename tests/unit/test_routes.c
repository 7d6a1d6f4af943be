/* What the routes answer, through a whole server on a scratch folder. */
#include "client.h"
#include "scratch.h"

#include "control.h"
#include "gate.h"
#include "server.h"
#include "value.h"

static server *running;
static char bearer[128];

static int begin(void **state) {
  charts_error error;
  if (scratch_make(state) != 0 || setenv("XDG_RUNTIME_DIR", scratch_folder, 1) != 0)
    return -1;
  (void)mkdir(scratch_path("stocks"), 0700);
  (void)mkdir(scratch_path("stocks/.charts"), 0700);
  (void)mkdir(scratch_path("stocks/.charts/views"), 0700);
  scratch_write_text("stocks/A.json",
                     "{\"name\":\"A <b>\",\"display\":false,\"index\":3,\"color\":\"red\",\"data\":[[1,2],[2,5]]}");
  scratch_write_text("stocks/broken.json", "{");
  scratch_write_text("stocks/.charts/views/0123abcd.json", "{\"stock\":true}");
  server_options options = {.folder = scratch_folder, .threads = 8, .viewers = 6};
  if (server_open(&running, &options, &error) != CHARTS_OK)
    return -1;
  (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n", server_token(running));
  return 0;
}

static int end(void **state) {
  server_close(running);
  return scratch_remove(state);
}

/* The answer's body as a value; the caller's. */
static charts_value *ask(int expected, const char *method, const char *path, const char *body) {
  charts_error error;
  charts_value *value = NULL;
  const char *answer = client_ask(server_port(running), method, path, bearer, body);
  assert_int_equal(client_status(answer), expected);
  assert_int_equal(charts_value_parse(&value, client_body(answer), strlen(client_body(answer)), &error), CHARTS_OK);
  return value;
}

static const char *text_of(const charts_value *record, const char *key) {
  const char *text = charts_value_text(charts_value_get(record, key), NULL);
  assert_non_null(text);
  return text;
}

/* Also those of one process. */
static void every_server_has_a_token_of_its_own(void **state) {
  (void)state;
  charts_error error;
  server *other = NULL;
  char foreign[128];
  server_options options = {.folder = scratch_folder, .threads = 8, .viewers = 6};
  assert_int_equal(server_open(&other, &options, &error), CHARTS_OK);
  assert_int_equal(strlen(server_token(running)), GATE_TOKEN);
  assert_int_equal(strlen(server_token(other)), GATE_TOKEN);
  (void)snprintf(foreign, sizeof foreign, "Authorization: Bearer %s\r\n", server_token(other));
  const char *answer = client_ask(server_port(running), "GET", "/api/directories", foreign, NULL);
  assert_int_equal(client_status(answer), 401);
  answer = client_ask(server_port(other), "GET", "/api/directories", foreign, NULL);
  assert_int_equal(client_status(answer), 200);
  server_close(other);
}

static void directories_are_listed(void **state) {
  (void)state;
  charts_value *answer = ask(200, "GET", "/api/directories", NULL);
  assert_string_equal(text_of(answer, "folder"), server_folder(running));
  const charts_value *all = charts_value_get(answer, "directories");
  assert_int_equal(charts_value_count(all), 1);
  assert_string_equal(text_of(charts_value_at(all, 0), "segment"), "stocks");
  assert_int_equal(charts_value_number(charts_value_get(charts_value_at(all, 0), "series")), 2);
  assert_int_equal(charts_value_number(charts_value_get(charts_value_at(all, 0), "views")), 1);
  charts_value_free(answer);
}

static void series_are_listed(void **state) {
  (void)state;
  charts_value *answer = ask(200, "GET", "/api/d/stocks/series", NULL);
  const charts_value *all = charts_value_get(answer, "series");
  assert_int_equal(charts_value_count(all), 1);
  const charts_value *one = charts_value_at(all, 0);
  assert_string_equal(text_of(one, "file"), "A.json");
  assert_string_equal(text_of(one, "name"), "A <b>");
  assert_string_equal(text_of(one, "kind"), "xy");
  assert_int_equal(charts_value_number(charts_value_get(one, "index")), 3);
  assert_false(charts_value_boolean(charts_value_get(one, "display")));
  assert_string_equal(text_of(charts_value_get(one, "attributes"), "color"), "red");
  assert_string_equal(text_of(charts_value_at(charts_value_get(answer, "broken"), 0), "file"), "broken.json");
  assert_string_equal(charts_value_text(charts_value_at(charts_value_get(answer, "views"), 0), NULL), "0123abcd");
  charts_value_free(answer);
}

static const char *download(const char *headers) {
  char lines[256];
  (void)snprintf(lines, sizeof lines, "%s%s", bearer, headers);
  return client_ask(server_port(running), "GET", "/api/d/stocks/series/B.json", lines, NULL);
}

static void assert_download(const char *file, const char *expected) {
  scratch_write_text("stocks/B.json", file);
  assert_string_equal(client_body(download("")), expected);
}

/* Whole is what is before the append that is under way, as for every reader of ours. */
static void a_download_is_whole(void **state) {
  (void)state;
#define OURS "{\"name\":\"B\",\"display\":true,\"index\":0,\"data\":["
  assert_download(OURS "[1,2]\n,[3,4],[5", OURS "[1,2]]}");
  assert_download(OURS "[1,2]\n}", OURS "[1,2]]}");
  assert_download(OURS "\n[1,2],[3", OURS "]}");
  assert_download(OURS "[\"a\",2]\n,[\"]}\",3],[\"]}", OURS "[\"a\",2]]}");
  assert_download(OURS "[1,2]\n,[3,4]]}", OURS "[1,2]\n,[3,4]]}");
  assert_download(OURS "]}", OURS "]}");
  assert_download("{ \"data\": [1, 2] }\n", "{ \"data\": [1, 2] }\n");
  assert_download("{\"data\":[1],\"more\":[1]}", "{\"data\":[1],\"more\":[1]}");
  scratch_write_text("stocks/B.json", OURS "1,2\n,3,4");
  const char *part = download("Range: bytes=-4\r\n");
  assert_int_equal(client_status(part), 206);
  assert_string_equal(client_body(part), ",2]}");
  assert_string_equal(client_body(download("Range: bytes=-1\r\n")), "}");
  assert_string_equal(client_body(download("Range: bytes=46-47\r\n")), ",2");
  assert_int_equal(client_status(download("Range: bytes=50-\r\n")), 416);
#undef OURS
  charts_value_free(ask(422, "GET", "/api/d/stocks/series/broken.json", NULL));
}

static void views_and_settings_are_kept(void **state) {
  (void)state;
  charts_value *answer = ask(200, "GET", "/api/d/stocks/views/0123abcd", NULL);
  assert_true(charts_value_boolean(charts_value_get(answer, "stock")));
  charts_value_free(answer);
  charts_value_free(ask(404, "GET", "/api/d/stocks/views/ffffffff", NULL));
  charts_value_free(ask(404, "GET", "/api/d/stocks/settings/a%20b", NULL));
  answer = ask(200, "PUT", "/api/d/stocks/settings/a%20b", "{\"titel\":1}");
  assert_int_equal(charts_value_count(charts_value_get(answer, "messages")), 1);
  charts_value_free(answer);
  answer = ask(200, "GET", "/api/d/stocks/settings/a%20b", NULL);
  assert_int_equal(charts_value_number(charts_value_get(answer, "titel")), 1);
  charts_value_free(answer);
  assert_true(scratch_exists("stocks/.charts/settings/a b.json"));
}

static void windows_are_frames(void **state) {
  (void)state;
  const char *answer = client_ask(server_port(running), "POST", "/api/d/stocks/window", bearer,
                                  "{\"series\":[\"A.json\",\"broken.json\",\"../"
                                  "A.json\"],\"from\":null,\"to\":null,\"columns\":10,\"x\":\"linear\"}");
  assert_int_equal(client_status(answer), 200);
  assert_non_null(strstr(answer, "application/vnd.charts.frame"));
  assert_memory_equal(client_body(answer), "CHARTSF1", 8);
  charts_value_free(ask(422, "POST", "/api/d/stocks/window", "{\"series\":[]}"));
}

static void a_vanished_directory_harms_nothing(void **state) {
  (void)state;
  assert_int_equal(mkdir(scratch_path("gone"), 0700), 0);
  assert_int_equal(mkdir(scratch_path("gone/.charts"), 0700), 0);
  int page = client_upgrade(server_port(running), "/api/d/gone/live", server_token(running));
  assert_non_null(strstr(client_message(page), "\"changes\":[]"));
  assert_int_equal(rmdir(scratch_path("gone/.charts")), 0);
  assert_int_equal(rmdir(scratch_path("gone")), 0);
  charts_value_free(ask(404, "GET", "/api/d/gone/series", NULL));
  charts_value_free(ask(200, "GET", "/api/d/stocks/series", NULL));
  close(page);
}

static void pages_are_told_and_counted(void **state) {
  (void)state;
  int page = client_upgrade(server_port(running), "/api/d/stocks/live?view=0123abcd", server_token(running));
  assert_non_null(strstr(client_message(page), "\"revision\":"));
  assert_int_equal(server_idle(running), 0);
  assert_int_equal(server_shown(running, "stocks", "0123abcd"), 1);
  assert_string_equal(client_message(page), "{\"shown\":\"0123abcd\"}");
  assert_int_equal(server_shown(running, "stocks", "ffffffff"), 0);
  charts_value_free(ask(200, "PUT", "/api/d/stocks/settings/mine", "{}"));
  assert_string_equal(client_message(page), "{\"settings\":\"mine\"}");
  scratch_write_text("stocks/B.json", "{\"name\":\"B\",\"data\":[1]}");
  assert_non_null(strstr(client_message(page), "{\"file\":\"B.json\",\"name\":\"B\",\"change\":\"added\"}"));
  close(page);
}

static void outside_directories_are_registered(void **state) {
  (void)state;
  charts_error error;
  buffer segment = {0};
  assert_int_equal(mkdir(scratch_path("stocks/inner"), 0700), 0);
  assert_int_equal(server_register(running, scratch_path("stocks/inner"), &segment, &error), CHARTS_NOT_FOUND);
  assert_int_equal(server_register(running, "stocks", &segment, &error), CHARTS_ARGUMENT);
  assert_int_equal(mkdir(scratch_path("stocks/inner/.charts"), 0700), 0);
  assert_int_equal(server_register(running, scratch_path("stocks/inner"), &segment, &error), CHARTS_OK);
  assert_int_equal(segment.length, 17);
  assert_int_equal(segment.bytes[0], '~');
  char path[256];
  (void)snprintf(path, sizeof path, "/api/d/%s/series", segment.bytes);
  charts_value_free(ask(200, "GET", path, NULL));
  buffer_clear(&segment);
  assert_int_equal(server_register(running, scratch_path("stocks"), &segment, &error), CHARTS_OK);
  assert_string_equal(segment.bytes, "stocks");
  buffer_free(&segment);
  charts_value *answer = ask(200, "GET", "/api/directories", NULL);
  assert_int_equal(charts_value_count(charts_value_get(answer, "directories")), 2);
  charts_value_free(answer);
}

static void names_with_another_meaning_go_by_hash(void **state) {
  (void)state;
  charts_error error;
  buffer segment = {0};
  assert_int_equal(mkdir(scratch_path("api"), 0700), 0);
  assert_int_equal(mkdir(scratch_path("api/.charts"), 0700), 0);
  assert_int_equal(server_register(running, scratch_path("api"), &segment, &error), CHARTS_OK);
  assert_int_equal(segment.bytes[0], '~');
  buffer_free(&segment);
}

static void the_control_client_speaks_to_it(void **state) {
  (void)state;
  charts_error error;
  charts_value *answer = NULL;
  const char *folder = server_folder(running);
  serverfile to = {.port = server_port(running), .pid = getpid()};
  int file;
  (void)snprintf(to.token, sizeof to.token, "%s", server_token(running));
  assert_int_equal(serverfile_hold(&file, folder, &error), CHARTS_OK);
  assert_int_equal(serverfile_write(file, folder, &to, &error), CHARTS_OK);
  charts_value *body = charts_record();
  charts_record_set(body, "path", charts_text(scratch_path("stocks")));
  assert_int_equal(control_post(&answer, folder, &to, "api/directories", body, &error), CHARTS_OK);
  assert_string_equal(text_of(answer, "segment"), "stocks");
  charts_value_free(answer);
  value_replace(body, "path", charts_text("/nothing"));
  assert_int_equal(control_post(&answer, folder, &to, "api/directories", body, &error), CHARTS_NOT_FOUND);
  assert_non_null(strstr(error.message, "/nothing"));
  assert_int_equal(control_post(&answer, folder, &to, "api/stop", body, &error),
                   CHARTS_SERVER); /* a host's server does not end by request */
  to.token[0] = to.token[0] == 'a' ? 'b' : 'a';
  assert_int_equal(serverfile_write(file, folder, &to, &error), CHARTS_OK);
  assert_int_equal(control_post(&answer, folder, &to, "api/directories", body, &error), CHARTS_SERVER);
  serverfile_drop(file, folder);
  charts_value_free(body);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
      ROW(every_server_has_a_token_of_its_own),
      ROW(directories_are_listed),
      ROW(series_are_listed),
      ROW(a_download_is_whole),
      ROW(views_and_settings_are_kept),
      ROW(windows_are_frames),
      ROW(a_vanished_directory_harms_nothing),
      ROW(pages_are_told_and_counted),
      ROW(outside_directories_are_registered),
      ROW(names_with_another_meaning_go_by_hash),
      ROW(the_control_client_speaks_to_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
