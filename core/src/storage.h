/* Writing files so that nobody meets half of one: temporaries, renames, locks. Descriptors of folders come from
 * `directory`. */
#ifndef CHARTS_SRC_STORAGE_H
#define CHARTS_SRC_STORAGE_H

#include "filename.h"
#include "status.h"

#include "buffer.h"

/* A lock of a chart directory, or of one series of it: an open file description lock on a byte of `.charts/lock`. */
typedef struct storage_lock {
  int file; /* -1: none */
} storage_lock;

/* Takes the lock for writing, waiting at most ten seconds: then REFUSED. */
charts_status storage_lock_take(storage_lock *lock, int folder, const char *path, charts_error *error);
/* Takes it for reading, where that is possible, waiting at most two seconds; reading goes on without it. */
void storage_lock_share(storage_lock *lock, int folder);
/* The same of one series, by its file: who appends to it takes it for writing. */
charts_status storage_lock_take_series(storage_lock *lock, int folder, const char *file, const char *path,
                                       charts_error *error);
void storage_lock_share_series(storage_lock *lock, int folder, const char *file);
void storage_lock_release(storage_lock *lock);

/* Makes the folder NAME when it is missing, with the mode of `folder`; a link or a file in its place is an error. */
charts_status storage_make_folder(int folder, const char *name, const char *path, charts_error *error);

/* Opens a new temporary file in `folder`; *file is the caller's. */
charts_status storage_temporary(int *file, char name[FILE_NAME_ROOM], int folder, const char *path,
                                charts_error *error);
/* Sets the mtime of a file that was written to the precise clock, which the kernel's own time stamps do not hit: any
 * later write by others shows. False where the file system does not keep it. */
bool storage_settle(int file);
/* Closes a written file; its failure counts like one of writing unless `status` already is one. */
charts_status storage_close(int file, charts_status status, const char *name, charts_error *error);

/* The most bytes of a settings file or a view. */
enum { STORAGE_SMALL = 1 << 20 };

/* Puts and gets a file of `.charts/FOLDER` (FOLDER "": of `.charts` itself) of the chart directory `directory_file`.
 * Errors: LIMIT (put) or FORMAT (get) beyond `most` bytes; NOT_FOUND, FORMAT (not a regular file), IO, MEMORY. */
charts_status storage_put(int directory_file, const char *folder, const char *file, const char *bytes, size_t length,
                          size_t most, const char *path, charts_error *error);
charts_status storage_get(buffer *text, int directory_file, const char *folder, const char *file, size_t most,
                          charts_error *error);

/* `.charts/next`: false when it is missing or not a number. */
bool storage_read_next(int directory_file, double *next);
charts_status storage_write_next(int directory_file, const char *path, double next, charts_error *error);

#endif
