/* Bytes of a file, all of them: interrupted and short system calls go on, and a limit of the file size is an error and
 * not the end of the host process (SIGXFSZ). */
#ifndef CHARTS_SRC_FILEBYTES_H
#define CHARTS_SRC_FILEBYTES_H

#include "status.h"

/* Reads up to `length` bytes at an offset; *got is less only at the end of the file. Errors: IO. */
charts_status filebytes_read(int file, const char *name, char *bytes, size_t length, uint64_t offset, size_t *got,
                             charts_error *error);
/* How many bytes before `end`, and not before `start`, are known to be a hole, in which nothing but zeros is read. */
uint64_t filebytes_hole(int file, uint64_t start, uint64_t end);
/* Writes all bytes at an offset. Errors: IO. */
charts_status filebytes_write(int file, const char *name, const void *bytes, size_t length, uint64_t offset,
                              charts_error *error);
/* Writes all bytes behind those that were written last. Errors: IO. */
charts_status filebytes_add(int file, const char *name, const void *bytes, size_t length, charts_error *error);
/* Waits until what was written to the file, or the names that were changed in the folder, are on the disk. A file
 * system that knows no such thing has nothing to wait for. Errors: IO. */
charts_status filebytes_sync(int file, const char *name, charts_error *error);

#endif
