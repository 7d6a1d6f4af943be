/* Bytes at a place of a file, all of them: interrupted and short system calls go on. */
#ifndef CHARTS_SRC_FILEBYTES_H
#define CHARTS_SRC_FILEBYTES_H

#include "status.h"

/* Reads up to `length` bytes at an offset; *got is less only at the end of the file. Errors: IO. */
charts_status filebytes_read(int file, const char *name, char *bytes, size_t length, uint64_t offset, size_t *got,
                             charts_error *error);
/* Writes all bytes at an offset. Errors: IO. */
charts_status filebytes_write(int file, const char *name, const void *bytes, size_t length, uint64_t offset,
                              charts_error *error);

#endif
