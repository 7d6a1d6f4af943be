/* Writing files so that nobody meets half of one: temporaries, renames, locks. Descriptors of folders come from
 * `directory`; its rooms are `storagelock` and `storagesweep`.
 *
 * `sync`: what was written survives a power cut too. The file is on the disk before it gets its name, and the name
 * before the call returns. */
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
typedef enum storage_share {
  STORAGE_SHARED,
  STORAGE_LOCKED, /* others kept it for two seconds */
  STORAGE_NO_LOCK /* there is none, or none that this user may open */
} storage_share;

/* Takes it for reading, waiting at most two seconds. */
storage_share storage_lock_share(storage_lock *lock, int folder);
/* The same of one series, by its file: who appends to it takes it for writing. */
charts_status storage_lock_take_series(storage_lock *lock, int folder, const char *file, const char *path,
                                       charts_error *error);
void storage_lock_share_series(storage_lock *lock, int folder, const char *file);
void storage_lock_release(storage_lock *lock);
/* The same of all temporaries: who makes one holds it for reading until that has its name, or is removed. */
charts_status storage_lock_temporaries(storage_lock *lock, int folder, const char *path, charts_error *error);

/* Take a lock for writing when nobody holds it: nobody is waited for. False: not taken. */
bool storage_lock_try_series(storage_lock *lock, int folder, const char *file);
bool storage_lock_try_temporaries(storage_lock *lock, int folder);

/* Removes what killed processes left of files that they were writing. Nobody's temporaries are in use when no process
 * on any machine holds the lock of temporaries: only then is anything removed, and nobody is waited for. At most once a
 * minute, unless `now`. The caller holds the directory's lock and has carried out a commit that was left, which may
 * name temporaries; a folder without commits (the user's cache) needs neither. */
void storage_sweep(int folder, bool now);
/* Whether a name is one of storage_temporary. */
bool storage_is_temporary(const char *name);

/* Makes the folder NAME (no path) when it is missing, with the mode of `folder`; a link or a file in its place is an
 * error. */
charts_status storage_make_folder(int folder, const char *name, const char *path, charts_error *error);

/* Opens a new temporary file in `folder`, of a name that no other process ever gives; *file is the caller's. */
charts_status storage_temporary(int *file, char name[FILE_NAME_ROOM], int folder, const char *path,
                                charts_error *error);
/* Sets the mtime of a file that was written to the precise clock, which the kernel's own time stamps do not hit: any
 * later write by others shows. False where the file system does not keep it. */
bool storage_settle(int file);
/* Closes a written file, with `sync` when it is on the disk; a failure counts like one of writing unless `status`
 * already is one. */
charts_status storage_close(int file, bool sync, charts_status status, const char *name, charts_error *error);

/* The most bytes of a settings file or a view. */
enum { STORAGE_SMALL = 1 << 20 };

/* Puts and gets a file of `.charts/FOLDER` (FOLDER "": of `.charts` itself) of the chart directory `directory_file`.
 * Errors: LIMIT (put) or FORMAT (get) beyond `most` bytes; NOT_FOUND, FORMAT (not a regular file), IO, MEMORY. */
charts_status storage_put(int directory_file, const char *folder, const char *file, const char *bytes, size_t length,
                          size_t most, bool sync, const char *path, charts_error *error);
charts_status storage_get(buffer *text, int directory_file, const char *folder, const char *file, size_t most,
                          charts_error *error);
/* Removes a file of `.charts/FOLDER`; one that is not there is removed. */
charts_status storage_remove(int directory_file, const char *folder, const char *file, charts_error *error);
/* Waits until the names in the chart directory, and in `.charts/FOLDER` of it (FOLDER "": `.charts`), are on the disk.
 * Errors: IO; of a FOLDER that is not there NOT_FOUND. */
charts_status storage_sync_names(int directory_file, const char *path, charts_error *error);
charts_status storage_sync_own(int directory_file, const char *folder, charts_error *error);

/* `.charts/next`: false when it is missing or not a number. */
bool storage_read_next(int directory_file, double *next);
charts_status storage_write_next(int directory_file, const char *path, double next, bool sync, charts_error *error);

#endif
