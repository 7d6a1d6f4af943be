/* What was last told of a directory, and how it differs from what is there now. */
#ifndef CHARTS_SRC_SNAPSHOT_H
#define CHARTS_SRC_SNAPSHOT_H

#include "directory.h"

typedef enum watch_kind { WATCH_ADDED, WATCH_REPLACED, WATCH_APPENDED, WATCH_REMOVED, WATCH_SETTINGS } watch_kind;

/* "added", "replaced", "appended", "removed", "settings"; static. */
const char *watch_kind_name(watch_kind kind);

typedef struct watch_change {
  watch_kind kind;
  const char *file; /* of a series; NULL with WATCH_SETTINGS */
  const char *name; /* of the series or of the settings */
} watch_change;

/* What was last told of one series file or settings file. */
typedef struct seen {
  char *file;
  char *name;
  char stamp[64];
  uint64_t size;
  uint64_t inode;
  bool broken;
  bool settings;
} seen;

typedef struct snapshot {
  seen *items; /* settings last, else in byte order of the files */
  size_t count;
} snapshot;

/* Takes what a listing of a directory says, with what tells an append from a replacement. *taken is the caller's. False
 * when memory is out. */
bool snapshot_take(snapshot *taken, const directory_listing *listing, const directory *of);
void snapshot_free(snapshot *of);
/* A page was shown a listing with files that could not be opened or read: now they count as told so, and as changed
 * when they can be read again, though nothing else happens to them. */
void snapshot_doubt(snapshot *told, const directory_listing *shown);
/* What changed from `was` to `is`: *count changes, the caller's (free), whose texts live as long as both snapshots.
 * *differs: also what no change names, such as a broken file's reason. NULL when memory is out. */
watch_change *snapshot_compare(const snapshot *was, const snapshot *is, size_t *count, bool *differs);

#endif
