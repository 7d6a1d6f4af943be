/* Any text as options, as attributes of a series, as a settings file and as a view: what is taken is kept as it was
 * meant, once and for all; what is refused says why, in UTF-8. */
#include "scratch.h"

#include "directory.h"
#include "fuzz.h"
#include "options.h"
#include "view.h"

#include <string.h>

static directory *opened;

typedef charts_status (*checking)(charts_value **checked, const charts_value *options, const char *path,
                                  charts_value *messages, charts_error *error);

static void remove_folder(void) {
  directory_close(opened);
  (void)scratch_remove(NULL);
}

static void make_folder(void) {
  charts_error error;
  charts_value *nothing = charts_record();
  char id[VIEW_ID_ROOM];
  fuzz_require(scratch_make(NULL) == 0 && directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK,
               "no folder");
  fuzz_require(directory_settings_put(opened, "s", nothing, &error) == CHARTS_OK &&
                   directory_view_put(id, opened, nothing, &error) == CHARTS_OK,
               "%s", error.message);
  charts_value_free(nothing);
  fuzz_require(atexit(remove_folder) == 0, "no end");
}

static void check_message(const char *message) {
  fuzz_require(message != NULL && message[0] != '\0' && utf8_valid(message, strlen(message)), "a message: %s", message);
}

/* What is written reads back as the same value and the same bytes. */
static void check_text(const charts_value *value) {
  charts_error error;
  charts_value *back = NULL;
  buffer first = {0};
  buffer second = {0};
  value_write(&first, value);
  fuzz_require(!first.failed && value_parse(&back, first.bytes, first.length, &error) == CHARTS_OK, "%s: %s",
               first.bytes, error.message);
  value_write(&second, back);
  fuzz_require(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0, "%s and %s",
               first.bytes, second.bytes);
  charts_value_free(back);
  buffer_free(&first);
  buffer_free(&second);
}

/* The checked copy, or NULL. Checked once more it stays as it is. */
static charts_value *check(checking by, const charts_value *value) {
  charts_error error = {0};
  charts_value *checked = NULL;
  charts_value *again = NULL;
  charts_value *messages = charts_list();
  charts_value *more = charts_list();
  charts_status status = by(&checked, value, "options", messages, &error);
  for (size_t i = 0; i < charts_value_count(messages); i++)
    check_message(charts_value_text(charts_value_get(charts_value_at(messages, i), "text"), NULL));
  if (status == CHARTS_OK) {
    check_text(checked);
    fuzz_require(by(&again, checked, "options", more, &error) == CHARTS_OK, "refused the second time: %s",
                 error.message);
    fuzz_require(value_equal(checked, again), "changed the second time");
    fuzz_require(charts_value_count(messages) == charts_value_count(more), "other messages the second time");
  } else {
    fuzz_require(checked == NULL, "refused, and a value all the same");
    check_message(error.message);
    fuzz_require(strstr(error.message, "options") != NULL, "no place: %s", error.message);
  }
  charts_value_free(messages);
  charts_value_free(more);
  charts_value_free(again);
  return checked;
}

static void store(const charts_value *checked) {
  charts_error error;
  charts_value *back = NULL;
  char id[VIEW_ID_ROOM];
  buffer text = {0};
  value_write(&text, checked); /* NaN and infinities are null from here on */
  fuzz_require(directory_settings_put(opened, "s", checked, &error) == CHARTS_OK, "%s", error.message);
  fuzz_require(directory_settings_get(&back, opened, "s", &error) == CHARTS_OK, "%s", error.message);
  buffer found = {0};
  value_write(&found, back);
  fuzz_require(found.length == text.length && memcmp(found.bytes, text.bytes, text.length) == 0, "other settings: %s",
               found.bytes);
  charts_value_free(back);
  charts_value *view = charts_record();
  charts_record_set(view, "options", value_copy(checked));
  charts_record_set(view, "settings", charts_text("s"));
  fuzz_require(directory_view_put(id, opened, view, &error) == CHARTS_OK, "%s", error.message);
  fuzz_require(directory_view_get(&back, opened, id, &error) == CHARTS_OK, "%s", error.message);
  charts_value *effective = view_effective(back, directory_path(opened));
  fuzz_require(effective != NULL, "no view");
  fuzz_require(view_height(effective) >= 0 && view_width(effective) >= 0, "a size below 0");
  (void)view_title(effective);
  char file[64];
  (void)snprintf(file, sizeof file, ".charts/views/%s.json", id);
  fuzz_require(unlink(scratch_path(file)) == 0, "cannot remove %s", file);
  charts_value_free(effective);
  charts_value_free(back);
  charts_value_free(view);
  buffer_free(&found);
  buffer_free(&text);
}

/* Files that anybody may have written. */
static void check_files(const uint8_t *bytes, size_t length, bool record) {
  charts_error error;
  charts_value *read = NULL;
  scratch_write(".charts/settings/s.json", (const char *)bytes, length);
  scratch_write(".charts/views/0123abcd.json", (const char *)bytes, length);
  charts_status settings = directory_settings_get(&read, opened, "s", &error);
  fuzz_require((settings == CHARTS_OK) == record, "settings: %s, a record or not: %d", charts_status_name(settings),
               record);
  if (settings != CHARTS_OK)
    check_message(error.message);
  charts_value_free(read);
  read = NULL;
  charts_status view = directory_view_get(&read, opened, "0123abcd", &error);
  fuzz_require((view == CHARTS_OK) == record, "a view: %s, a record or not: %d", charts_status_name(view), record);
  if (view == CHARTS_OK) {
    charts_value *effective = view_effective(read, directory_path(opened));
    fuzz_require(effective != NULL, "no view");
    (void)view_height(effective);
    (void)view_width(effective);
    (void)view_title(effective);
    charts_value_free(effective);
  }
  charts_value_free(read);
  fuzz_require(unlink(scratch_path(".charts/views/0123abcd.json")) == 0, "cannot remove the view");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  charts_error error;
  charts_value *value = NULL;
  if (opened == NULL)
    make_folder();
  charts_status status = value_parse(&value, (const char *)bytes, length, &error);
  bool record = status == CHARTS_OK && charts_value_kind(value) == CHARTS_RECORD;
  check_files(bytes, length, record);
  if (status != CHARTS_OK) {
    check_message(error.message);
    char *text = memory_text((const char *)bytes, length);
    const char *nearest = NULL;
    fuzz_require(text != NULL, "out of memory");
    (void)options_type_known(text, &nearest);
    (void)options_name_known(text);
    free(text);
    return 0;
  }
  check_text(value);
  if (record) {
    charts_value *checked = check(options_check, value);
    if (checked != NULL)
      store(checked);
    charts_value_free(checked);
    charts_value_free(check(options_check_series, value));
  }
  charts_value_free(value);
  return 0;
}
