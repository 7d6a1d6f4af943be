/* Opening what lies in a chart directory, and nothing else: no link is followed on the way, no `..`, no mount point of
 * a name that leads out of it. Every descriptor of a file of a chart directory comes from here.
 *
 * All give -1 with errno on failure. Descriptors close on exec; opening waits for nobody at the other end of a FIFO. */
#ifndef CHARTS_SRC_BENEATH_H
#define CHARTS_SRC_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>

/* A regular file that is there, for O_RDONLY or O_RDWR; `status` (may be NULL) gets its fstat. */
int beneath_file(int folder, const char *path, int flags, struct stat *status);
/* A new file, for reading and writing; EEXIST where anything has its name. */
int beneath_create(int folder, const char *path, mode_t mode);
/* A folder, for reading its entries. */
int beneath_folder(int folder, const char *path);
/* The folder at an absolute path that has no link in it: a real path that became another one meanwhile is an error. */
int beneath_real(const char *path);
/* The same, only to find what lies in it: it need not be readable. */
int beneath_place(const char *path);
/* Whether an error says that what has the name is neither a regular file nor missing: a link, a FIFO, a folder … */
bool beneath_is_odd(int number);

#endif
