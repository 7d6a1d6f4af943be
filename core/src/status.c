#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *charts_status_name(charts_status status) {
  switch (status) {
#define STATUS_NAME(name, code, id, text)                                                                              \
  case CHARTS_##name:                                                                                                  \
    return id;
    CHARTS_STATUSES(STATUS_NAME)
#undef STATUS_NAME
  }
  return "internal";
}

/* Drops the bytes of a UTF-8 sequence that the end of the text cut through. */
static void drop_cut_sequence(char *text) {
  size_t length = strlen(text);
  size_t start = length;
  while (start > 0 && length - start < 4) {
    start--;
    unsigned char lead = (unsigned char)text[start];
    if (lead < 0x80)
      return;
    if (lead >= 0xC0) {
      size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      if (length - start < wanted)
        text[start] = '\0';
      return;
    }
  }
}

void error_fill(charts_error *error, charts_status status, const char *format, ...) {
  if (error == NULL)
    return;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  if (length < 0)
    error->message[0] = '\0';
  else if ((size_t)length >= sizeof error->message)
    drop_cut_sequence(error->message);
  error->status = status;
}

void error_fill_system(charts_error *error, int number, const char *what, const char *path) {
  char reason[128];
  error_fill(error, CHARTS_IO, "%s %s: %s", what, path, strerror_r(number, reason, sizeof reason));
}
