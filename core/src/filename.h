/* Names of series and settings <-> file names: core/FORMAT.md, section 1. */
#ifndef CHARTS_SRC_FILENAME_H
#define CHARTS_SRC_FILENAME_H

#include <stdbool.h>
#include <stddef.h>

/* The file name of a series' or settings' name, with `.json`; at most 255 bytes and NUL. */
enum { FILE_NAME_ROOM = 256 };
void directory_file_name(char file[FILE_NAME_ROOM], const char *name, size_t length);
/* The name that a file name stands for (percent-decoded, without `.json`), in `name` of at least FILE_NAME_ROOM bytes;
 * false when it is not one. */
bool directory_name_of_file(char *name, const char *file);

/* Whether a directory entry may be a series (or view, or settings) file by its name: `*.json`, not hidden, no slash. */
bool filename_is_series(const char *file);

#endif
