/* Any bytes as the name of a series and as the name of a file: a name comes back from its file name, no two names share
 * one by accident, and a listing shows every name once. */
#include "scratch.h"

#include "directory.h"
#include "fuzz.h"
#include "json.h"

#include <string.h>

enum { NAME_MOST = 1024, SHORT = 66 /* bytes that always have room, encoded */ };

static directory *opened;

static void remove_folder(void) {
  directory_close(opened);
  (void)scratch_remove(NULL);
}

/* UTF-8 by the table of the Unicode standard (3-7), for comparison. */
static bool well_formed(const uint8_t *at, size_t length) {
  static const struct {
    uint8_t first[2];
    uint8_t second[2];
    size_t length;
  } forms[] = {{{0x00, 0x7F}, {0, 0}, 1},       {{0xC2, 0xDF}, {0x80, 0xBF}, 2}, {{0xE0, 0xE0}, {0xA0, 0xBF}, 3},
               {{0xE1, 0xEC}, {0x80, 0xBF}, 3}, {{0xED, 0xED}, {0x80, 0x9F}, 3}, {{0xEE, 0xEF}, {0x80, 0xBF}, 3},
               {{0xF0, 0xF0}, {0x90, 0xBF}, 4}, {{0xF1, 0xF3}, {0x80, 0xBF}, 4}, {{0xF4, 0xF4}, {0x80, 0x8F}, 4}};
  for (size_t i = 0; i < length;) {
    size_t form = 0;
    while (form < 9 && (at[i] < forms[form].first[0] || at[i] > forms[form].first[1]))
      form++;
    if (form == 9 || length - i < forms[form].length)
      return false;
    for (size_t j = 1; j < forms[form].length; j++) {
      uint8_t low = j == 1 ? forms[form].second[0] : 0x80;
      uint8_t high = j == 1 ? forms[form].second[1] : 0xBF;
      if (at[i + j] < low || at[i + j] > high)
        return false;
    }
    i += forms[form].length;
  }
  return true;
}

static void check_file_name(const char *file) {
  fuzz_require(filename_is_series(file) && strlen(file) < FILE_NAME_ROOM, "no name of a file: %s", file);
  for (const char *at = file; *at != '\0'; at++)
    fuzz_require((unsigned char)*at >= 0x20 && strchr("/\\:*?\"<>|\x7f", *at) == NULL, "a byte %d in %s", *at, file);
  fuzz_require(file[0] != '.' && file[0] != ' ', "hidden: %s", file);
}

/* A name, and another one that differs in one place. */
static void check_name(const uint8_t *name, size_t length) {
  char file[FILE_NAME_ROOM];
  char other[FILE_NAME_ROOM];
  char back[FILE_NAME_ROOM];
  directory_file_name(file, (const char *)name, length);
  check_file_name(file);
  fuzz_require(directory_name_of_file(back, file), "no name comes back from %s", file);
  bool whole = strlen(back) == length && memcmp(back, name, length) == 0;
  size_t used = strlen(file);
  fuzz_require(whole || length > SHORT, "%s comes back as %s", file, back);
  fuzz_require(whole || (used >= 180 - 8 + 22 && used <= 180 + 22 && file[used - 22] == '~'), "a shortened name: %s",
               file);
  uint8_t *changed = malloc(length);
  fuzz_require(changed != NULL, "out of memory");
  memcpy(changed, name, length);
  changed[length / 2] = changed[length / 2] == 'x' ? 'y' : 'x';
  directory_file_name(other, (const char *)changed, length);
  fuzz_require(memcmp(changed, name, length) == 0 || strcmp(file, other) != 0, "two names are one file: %s", file);
  free(changed);
}

static void check_foreign_file(const char *file) {
  char *back = malloc(strlen(file) + FILE_NAME_ROOM);
  fuzz_require(back != NULL, "out of memory");
  if (directory_name_of_file(back, file))
    fuzz_require(strlen(back) < strlen(file) && well_formed((const uint8_t *)back, strlen(back)), "%s is called %s",
                 file, back);
  free(back);
}

/* Files that claim names: the one without a member `name` is called as it is named, the other one claims the same. */
static void check_listing(const char *file) {
  static const char *const claims[] = {"a.json", "b.json"};
  char decoded[FILE_NAME_ROOM];
  charts_error error;
  directory_listing listing;
  if (!directory_name_of_file(decoded, file) || strcmp(file, claims[0]) == 0 || strcmp(file, claims[1]) == 0)
    return;
  buffer text = {0};
  buffer_add_text(&text, "{\"name\":");
  json_write_text(&text, decoded, strlen(decoded));
  buffer_add_text(&text, ",\"data\":[1]}");
  scratch_write_text(file, "{\"data\":[1]}");
  for (size_t i = 0; i < 2; i++)
    scratch_write(claims[i], text.bytes, text.length);
  fuzz_require(directory_list(&listing, opened, NULL, &error) == CHARTS_OK, "%s", error.message);
  fuzz_require(listing.count == 3, "%zu of 3 files", listing.count);
  size_t named = 0;
  for (size_t i = 0; i < listing.count; i++) {
    const directory_entry *entry = &listing.entries[i];
    fuzz_require((entry->reason == NULL) != (i > 0) || decoded[0] == '\0', "%s: %s", entry->file,
                 entry->reason != NULL ? entry->reason : "is a second one");
    named += entry->reason == NULL ? 1 : 0;
  }
  char own[FILE_NAME_ROOM];
  directory_file_name(own, decoded, strlen(decoded));
  if (named == 1 && strcmp(own, file) == 0)
    fuzz_require(strcmp(listing.entries[0].file, file) == 0, "%s is shadowed", file);
  directory_listing_free(&listing);
  fuzz_require(unlink(scratch_path(file)) == 0, "cannot remove %s", file);
  buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (opened == NULL) {
    charts_error error;
    fuzz_require(scratch_make(NULL) == 0 &&
                     directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK,
                 "no folder");
    fuzz_require(atexit(remove_folder) == 0, "no end");
  }
  bool valid = well_formed(bytes, length);
  fuzz_require(utf8_valid((const char *)bytes, length) == valid, "UTF-8 or not: ours says %d", !valid);
  bool name = length >= 1 && length <= NAME_MOST && valid && memchr(bytes, '\0', length) == NULL;
  fuzz_require((series_name_check((const char *)bytes, length, "name", NULL) == CHARTS_OK) == name, "a name, or none");
  if (name)
    check_name(bytes, length);
  char *file = memory_text((const char *)bytes, length);
  buffer with = {0};
  fuzz_require(file != NULL, "out of memory");
  buffer_add_text(&with, file);
  buffer_add_text(&with, ".json");
  check_foreign_file(file);
  check_foreign_file(with.bytes);
  if (filename_is_series(with.bytes))
    check_listing(with.bytes);
  buffer_free(&with);
  free(file);
  return 0;
}
