/* The JSON writer, and what is valid UTF-8; declared in json.h. */
#include "json.h"

#include "decimal.h"

#include <math.h>
#include <string.h>

/* The length of the UTF-8 sequence at `text` of at most `length` bytes, or 0. */
static size_t utf8_sequence(const unsigned char *text, size_t length) {
  unsigned char lead = text[0];
  if (lead < 0x80)
    return 1;
  size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > length)
    return 0;
  for (size_t i = 1; i < size; i++)
    if ((text[i] & 0xC0) != 0x80)
      return 0;
  bool overlong = (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xF0 && text[1] < 0x90);
  bool surrogate = lead == 0xED && text[1] >= 0xA0;
  bool beyond = lead == 0xF4 && text[1] >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

bool utf8_valid(const char *text, size_t length) {
  const unsigned char *at = (const unsigned char *)text;
  while (length > 0) {
    size_t size = utf8_sequence(at, length);
    if (size == 0)
      return false;
    at += size;
    length -= size;
  }
  return true;
}

void json_write_number(buffer *to, double number) {
  if (!isfinite(number)) {
    buffer_add(to, "null", 4);
    return;
  }
  char *room = buffer_room(to, DECIMAL_ROOM);
  if (room == NULL)
    return;
  buffer_grew(to, decimal_write(room, number));
}

static void write_text(buffer *to, const char *text, size_t length) {
  static const char letters[] = "\b\f\n\r\t";
  static const char escapes[] = "bfnrt";
  size_t start = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte >= 0x20 && byte != '"' && byte != '\\')
      continue;
    buffer_add(to, text + start, i - start);
    start = i + 1;
    const char *found = byte != 0 ? strchr(letters, byte) : NULL;
    if (byte == '"' || byte == '\\')
      buffer_add_format(to, "\\%c", byte);
    else if (found != NULL)
      buffer_add_format(to, "\\%c", escapes[found - letters]);
    else
      buffer_add_format(to, "\\u%04x", byte);
  }
  buffer_add(to, text + start, length - start);
}

/* A file's or folder's name may be any bytes: those that are no UTF-8 become U+FFFD, so that what is written is JSON.
 */
static void write_repaired(buffer *to, const char *text, size_t length) {
  while (length > 0) {
    size_t size = utf8_sequence((const unsigned char *)text, length);
    if (size > 0)
      write_text(to, text, size);
    else
      buffer_add_text(to, "\xEF\xBF\xBD");
    text += size > 0 ? size : 1;
    length -= size > 0 ? size : 1;
  }
}

void json_write_text(buffer *to, const char *text, size_t length) {
  buffer_add_char(to, '"');
  if (utf8_valid(text, length))
    write_text(to, text, length);
  else
    write_repaired(to, text, length);
  buffer_add_char(to, '"');
}
