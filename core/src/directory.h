/* A chart directory: names <-> file names, list, put, remove, purge, views, settings, locks. */
#ifndef CHARTS_SRC_DIRECTORY_H
#define CHARTS_SRC_DIRECTORY_H

#include "filename.h"
#include "seriesfile.h"

/* An open chart directory: its descriptor and its absolute path. Used by one thread at a time; every thread opens its
 * own. */
typedef struct directory directory;

typedef enum directory_mode {
  DIRECTORY_READ,  /* must be a chart directory; nothing is written */
  DIRECTORY_WRITE, /* made when it is missing; `.charts` is made in an existing folder */
  DIRECTORY_PURGE, /* the same, but REFUSED for an existing folder that holds files and no `.charts` */
} directory_mode;

/* Opens the chart directory at `path`. *opened is the caller's. Errors: NOT_FOUND (no such directory, or not a chart
 * directory), IO, MEMORY. */
charts_status directory_open(directory **opened, const char *path, directory_mode mode, charts_error *error);
/* The same for reading, at a path that was resolved before: NOT_FOUND too where a link took the place of any of its
 * folders meanwhile. */
charts_status directory_open_real(directory **opened, const char *path, charts_error *error);
void directory_close(directory *opened);
/* From now on what is written through `opened` survives a power cut when the call that writes it has returned. With
 * `way` the folders on the way to the directory are made to survive too; those that this opening made always are.
 * Errors: IO. */
charts_status directory_sync(directory *opened, bool way, charts_error *error);
bool directory_syncs(const directory *opened);
/* The absolute form of a path (links not resolved); the caller frees it. */
charts_status directory_absolute(char **absolute, const char *path, charts_error *error);
const char *directory_path(const directory *opened);
int directory_descriptor(const directory *opened);
/* The descriptor of the folder whose `.charts` is written: that of the directory, or one in the user's cache where the
 * directory cannot be written. Views, settings and pyramids are looked for there first. */
int directory_own(const directory *opened);

/* One series of the listing. */
typedef struct directory_entry {
  char *file;
  char *name;
  char *reason;   /* not NULL: the file is broken; the members below are zero */
  char stamp[64]; /* empty: it could not be opened or read, which may pass; the next listing tries again */
  uint64_t size;
  series_head head;
} directory_entry;

typedef struct directory_listing {
  directory_entry *entries; /* in order of index, then name; broken ones last, by file */
  size_t count;
  char **views; /* ids, newest first */
  size_t view_count;
  char **settings; /* names, in byte order */
  size_t settings_count;
  char revision[32]; /* changes with the series files */
} directory_listing;

/* Lists the directory. `known` (may be NULL) is an earlier listing whose heads are taken over where the stamp is the
 * same, so that a big directory is listed at the cost of a stat per file; it is emptied. The listing is of one moment;
 * files that take long to read are read when that is over, and keep nobody from writing. */
charts_status directory_list(directory_listing *listing, const directory *opened, directory_listing *known,
                             charts_error *error);
/* The same for a caller that holds the directory's lock. With `soon` LIMIT where a file is not known that takes long to
 * read: others wait for the lock. */
charts_status directory_list_locked(directory_listing *listing, const directory *opened, directory_listing *known,
                                    bool soon, charts_error *error);
void directory_listing_free(directory_listing *listing);
/* The entry of a file or a name, or NULL. */
const directory_entry *directory_find_file(const directory_listing *listing, const char *file);
const directory_entry *directory_find_name(const directory_listing *listing, const char *name);

/* Opens a series file for reading, following no link; regular files only. *descriptor is the caller's. `status` (may be
 * NULL) gets its fstat. Errors: NOT_FOUND, FORMAT (not a regular file), IO. */
charts_status directory_open_series(int *descriptor, struct stat *status, const directory *opened, const char *file,
                                    charts_error *error);

/* What a put did with series whose display was not given. */
typedef struct directory_report {
  size_t added; /* new ones */
  size_t shown; /* of those */
} directory_report;

/* New series that one call shows when nothing was said of display. */
enum { SHOWN_AT_ONCE = 12 };

/* Puts series as one change: nothing is changed when one of them cannot be written. Where a file that is there cannot
 * be replaced or removed, though, what was done before that stays, and what cannot be made durable stays as well: whole
 * files, old or new. Files of the same name are replaced and keep their index and, where `display` of the series is not
 * given, their display. With `purge` the directory starts anew: every other valid series file and every view is
 * removed, indices begin at 0; files that do not parse stay and are named in `messages`. Errors: IO, MEMORY,
 * INTERRUPTED, REFUSED (the directory stays locked by others for ten seconds). */
charts_status directory_put(const directory *opened, const series_list *list, bool purge, directory_report *report,
                            charts_value *messages, charts_error *error);
/* Whether `purge` may act on the folder at `path`: it is missing, empty or a chart directory. Else REFUSED. The answer
 * is for the user, early; what is purged is looked at again when it is opened (DIRECTORY_PURGE). */
charts_status directory_check_purge(const char *path, charts_error *error);
/* Removes one series by name. NOT_FOUND when there is none. */
charts_status directory_remove(const directory *opened, const char *name, charts_error *error);
/* Views: the record is written canonically; `id` gets its 8 hex digits; its mtime becomes now. Views that nothing has
 * shown for a month are swept. */
enum { VIEW_ID_ROOM = 9 };
charts_status directory_view_put(char id[VIEW_ID_ROOM], const directory *opened, const charts_value *view,
                                 charts_error *error);
/* *view is the caller's. NOT_FOUND, FORMAT. */
charts_status directory_view_get(charts_value **view, const directory *opened, const char *id, charts_error *error);
/* Settings: a record in the options vocabulary under a name. A person made them: they always survive a power cut. */
charts_status directory_settings_put(const directory *opened, const char *name, const charts_value *settings,
                                     charts_error *error);
charts_status directory_settings_get(charts_value **settings, const directory *opened, const char *name,
                                     charts_error *error);

#endif
