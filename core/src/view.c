#include "view.h"

#include "directory.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_HEIGHT = 400, SETTINGS_MOST = 1 << 20 };

/* Checks a record of options and puts it into the view. */
static charts_status set_options(charts_value *view, const charts_value *options, const char *path,
                                 charts_value *messages, charts_error *error) {
  charts_value *checked = NULL;
  charts_status status = options_check(&checked, options, path, messages, error);
  if (status != CHARTS_OK)
    return status;
  if (charts_value_count(checked) > 0)
    value_replace(view, "options", checked);
  else
    charts_value_free(checked);
  return value_failed(view) ? error_memory(error) : CHARTS_OK;
}

static charts_status set_options_text(charts_value *view, const char *text, size_t length, const char *path,
                                      charts_value *messages, charts_error *error) {
  charts_value *options = NULL;
  charts_error reason;
  charts_status status = value_parse(&options, text, length, &reason);
  if (status == CHARTS_FORMAT || status == CHARTS_LIMIT)
    return error_set(error, CHARTS_FORMAT, "%s: %s", path, reason.message);
  if (status != CHARTS_OK)
    return error_memory(error);
  status = set_options(view, options, path, messages, error);
  charts_value_free(options);
  return status;
}

/* The name of settings that a name or a path stands for: its last part without `.json`. */
static charts_status settings_name(char **name, const char *given, charts_error *error) {
  const char *slash = strrchr(given, '/');
  const char *last = slash != NULL ? slash + 1 : given;
  size_t length = strlen(last);
  if (length > 5 && strcmp(last + length - 5, ".json") == 0)
    length -= 5;
  *name = memory_text(last, length);
  if (*name == NULL)
    return error_memory(error);
  charts_status status = series_name_check(*name, length, "options", error);
  if (status != CHARTS_OK) {
    free(*name);
    *name = NULL;
  }
  return status;
}

/* Settings that the chart directory holds under that name. *found is false when there are none. They are checked here,
 * and stay where they are: the view keeps their name alone, so that it is the same view when the page saves others. */
static charts_status from_directory(const char *path, const char *name, bool *found, charts_value *messages,
                                    charts_error *error) {
  directory *opened = NULL;
  charts_value *settings = NULL;
  charts_value *checked = NULL;
  *found = false;
  charts_status status = directory_open(&opened, path, DIRECTORY_READ, error);
  if (status == CHARTS_OK)
    status = directory_settings_get(&settings, opened, name, error);
  directory_close(opened);
  if (status == CHARTS_NOT_FOUND)
    return CHARTS_OK;
  if (status != CHARTS_OK)
    return status;
  *found = true;
  status = options_check(&checked, settings, "options", messages, error);
  charts_value_free(checked);
  charts_value_free(settings);
  return status;
}

charts_value *view_effective(const charts_value *view, const char *path) {
  directory *opened = NULL;
  charts_value *settings = NULL;
  charts_value *copy = value_copy(view);
  const char *name = charts_value_text(charts_value_get(view, "settings"), NULL);
  if (copy != NULL && name != NULL && directory_open(&opened, path, DIRECTORY_READ, NULL) == CHARTS_OK &&
      directory_settings_get(&settings, opened, name, NULL) == CHARTS_OK)
    value_replace(copy, "options", settings);
  directory_close(opened);
  return copy;
}

/* Reads a file beside the caller; *found is false when it is not there. */
static charts_status read_file(buffer *text, const char *path, bool *found, charts_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  *found = file >= 0;
  if (file < 0)
    return errno == ENOENT || errno == ENOTDIR ? CHARTS_OK : error_system(error, errno, "options: cannot read", path);
  charts_status status = CHARTS_OK;
  for (;;) {
    char *room = buffer_room(text, 1 << 16);
    if (room == NULL) {
      status = error_memory(error);
      break;
    }
    ssize_t got = read(file, room, 1 << 16);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && errno == EISDIR)
      *found = false;
    else if (got < 0)
      status = error_system(error, errno, "options: cannot read", path);
    else
      buffer_grew(text, (size_t)got);
    if (got <= 0)
      break;
    if (text->length > SETTINGS_MOST) {
      status = error_set(error, CHARTS_LIMIT, "options: expected a settings file of at most 1 MiB, got %s", path);
      break;
    }
  }
  (void)close(file);
  return status;
}

/* Settings in a file beside the caller: the path as it is, or with `.json`. */
static charts_status from_file(charts_value *view, const char *given, bool *found, charts_value *messages,
                               charts_error *error) {
  static const char *const endings[] = {".json", ""};
  charts_status status = CHARTS_OK;
  *found = false;
  for (size_t i = 0; status == CHARTS_OK && !*found && i < 2; i++) {
    buffer path = {0};
    buffer text = {0};
    buffer_add_format(&path, "%s%s", given, endings[i]);
    status = path.failed ? error_memory(error) : read_file(&text, path.bytes, found, error);
    if (status == CHARTS_OK && *found)
      status = set_options_text(view, text.bytes, text.length, path.bytes, messages, error);
    buffer_free(&path);
    buffer_free(&text);
  }
  return status;
}

static charts_status from_settings(charts_value *view, const char *given, const char *path, charts_value *messages,
                                   charts_error *error) {
  char *name = NULL;
  bool found = false;
  charts_status status = settings_name(&name, given, error);
  if (status == CHARTS_OK && strchr(given, '/') == NULL)
    status = from_directory(path, name, &found, messages, error);
  if (status == CHARTS_OK && !found)
    status = from_file(view, given, &found, messages, error);
  if (status == CHARTS_OK) {
    charts_record_set(view, "settings", charts_text(name));
    if (value_failed(view))
      status = error_memory(error);
    if (!found)
      message_add(
          messages, MESSAGE_NOTE,
          "there are no settings %s yet: the chart starts from the defaults, and its page saves under that name", name);
  }
  free(name);
  return status;
}

static charts_status read_options(charts_value *view, const charts_value *options, const char *path,
                                  charts_value *messages, charts_error *error) {
  const char *text = NULL;
  size_t length = 0;
  if (options == NULL)
    return CHARTS_OK;
  bool record = charts_value_kind(options) == CHARTS_RECORD;
  bool empty = charts_value_kind(options) == CHARTS_LIST && charts_value_count(options) == 0;
  if (record || empty)
    return set_options(view, options, "options", messages, error);
  if (!value_as_text(options, &text, &length) || length == 0 || strlen(text) != length)
    return error_set(error, CHARTS_ARGUMENT,
                     "options: expected a record, JSON text or the name of a settings file, got %s",
                     length == 0 && text != NULL ? "an empty text" : value_kind_name(options));
  if (text[strspn(text, " \t\r\n")] == '{')
    return set_options_text(view, text, length, "options", messages, error);
  return from_settings(view, text, path, messages, error);
}

static charts_status read_type(charts_value *view, const arguments *bound, charts_error *error) {
  const char *type = NULL;
  const char *nearest = NULL;
  charts_status status = arguments_text(bound, "type", &type, error);
  if (status != CHARTS_OK || type == NULL)
    return status;
  if (!options_type_known(type, &nearest) && nearest != NULL)
    return error_set(error, CHARTS_ARGUMENT, "type: there is no chart type %s; did you mean %s?", type, nearest);
  if (!options_type_known(type, NULL))
    return error_set(error, CHARTS_ARGUMENT, "type: there is no chart type %s; expected one such as line, area, bar",
                     type);
  charts_record_set(view, "type", charts_text(type));
  return CHARTS_OK;
}

static charts_status read_rest(charts_value *view, const arguments *bound, charts_error *error) {
  static const char *const sizes[] = {"height", "width"};
  static const char *const flags[] = {"stock", "live"};
  charts_status status = read_type(view, bound, error);
  for (size_t i = 0; status == CHARTS_OK && i < 2; i++) {
    bool given = false;
    double pixels = 0;
    status = arguments_pixels(bound, sizes[i], &given, &pixels, error);
    if (status == CHARTS_OK && given)
      charts_record_set(view, sizes[i], charts_number(pixels));
  }
  for (size_t i = 0; status == CHARTS_OK && i < 2; i++) {
    bool given = false;
    bool truth = false;
    status = arguments_boolean(bound, flags[i], &given, &truth, error);
    if (status == CHARTS_OK && given)
      charts_record_set(view, flags[i], charts_boolean(truth));
  }
  return status;
}

charts_status view_read(charts_value **view, const arguments *bound, const char *path, charts_value *messages,
                        charts_error *error) {
  *view = charts_record();
  if (*view == NULL)
    return error_memory(error);
  charts_status status = read_options(*view, arguments_get(bound, "options"), path, messages, error);
  if (status == CHARTS_OK)
    status = read_rest(*view, bound, error);
  if (status == CHARTS_OK && value_failed(*view))
    status = error_memory(error);
  if (status != CHARTS_OK) {
    charts_value_free(*view);
    *view = NULL;
  }
  return status;
}

static int view_size(const charts_value *view, const char *name, int otherwise) {
  const charts_value *chart = charts_value_get(charts_value_get(view, "options"), "chart");
  double pixels = 0;
  if (!value_as_number(charts_value_get(view, name), &pixels) &&
      !value_as_number(charts_value_get(chart, name), &pixels))
    return otherwise;
  return pixels >= 1 && pixels <= 100000 ? (int)pixels : otherwise;
}

int view_height(const charts_value *view) {
  return view_size(view, "height", DEFAULT_HEIGHT);
}

int view_width(const charts_value *view) {
  return view_size(view, "width", 0);
}

const char *view_title(const charts_value *view) {
  return charts_value_text(charts_value_get(charts_value_get(charts_value_get(view, "options"), "title"), "text"),
                           NULL);
}
