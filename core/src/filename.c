#include "filename.h"

#include "buffer.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENCODED_MOST = 200, PREFIX_MOST = 180 };

static bool is_kept(unsigned char byte) {
  static const char marks[] = " !#$&'()+,-.;=@[]^_`{}~";
  bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
  return letter || byte >= 0x80 || (byte != '\0' && strchr(marks, byte) != NULL);
}

/* Whether the byte at `place` needs encoding because of where it stands. */
static bool is_edge(const char *name, size_t length, size_t place) {
  bool edge = place == 0 || place + 1 == length;
  return edge && (name[place] == '.' || name[place] == ' ');
}

/* Encodes as much of the name as fits whole into `room` bytes; returns how many bytes were written. *all is whether it
 * all fitted. */
static size_t encode(char *to, size_t room, const char *name, size_t length, bool *all) {
  static const char digits[] = "0123456789ABCDEF";
  size_t used = 0;
  size_t whole = 0; /* up to the last complete UTF-8 sequence */
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)name[i];
    bool keep = is_kept(byte) && !is_edge(name, length, i);
    if ((byte & 0xC0) != 0x80)
      whole = used;
    if (used + (keep ? 1 : 3) > room) {
      *all = false;
      return whole;
    }
    if (keep) {
      to[used++] = (char)byte;
    } else {
      to[used++] = '%';
      to[used++] = digits[byte >> 4];
      to[used++] = digits[byte & 15];
    }
  }
  *all = true;
  return used;
}

void directory_file_name(char file[FILE_NAME_ROOM], const char *name, size_t length) {
  bool all = false;
  size_t used = encode(file, ENCODED_MOST, name, length, &all);
  if (all) {
    (void)snprintf(file + used, FILE_NAME_ROOM - used, ".json");
    return;
  }
  used = encode(file, PREFIX_MOST, name, length, &all);
  (void)snprintf(file + used, FILE_NAME_ROOM - used, "~%016" PRIx64 ".json", hash_bytes(name, length));
}

static int hex_digit(char byte) {
  static const char digits[] = "0123456789ABCDEFabcdef";
  const char *found = byte != '\0' ? strchr(digits, byte) : NULL;
  if (found == NULL)
    return -1;
  return found - digits < 16 ? (int)(found - digits) : (int)(found - digits) - 6;
}

bool filename_is_series(const char *file) {
  size_t length = strlen(file);
  return length > 5 && length < FILE_NAME_ROOM && file[0] != '.' && strchr(file, '/') == NULL &&
         strcmp(file + length - 5, ".json") == 0;
}

bool directory_name_of_file(char *name, const char *file) {
  if (!filename_is_series(file))
    return false;
  size_t length = strlen(file) - 5;
  size_t used = 0;
  for (size_t i = 0; i < length; i++) {
    int high = file[i] == '%' && i + 2 < length ? hex_digit(file[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(file[i + 2]) : -1;
    if (low >= 0 && high + low > 0) {
      name[used++] = (char)(high * 16 + low);
      i += 2;
    } else {
      name[used++] = file[i]; /* a file that somebody else named: taken as it is */
    }
  }
  name[used] = '\0';
  return utf8_valid(name, used);
}
