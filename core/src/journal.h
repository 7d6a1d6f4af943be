/* Changes of a chart directory that touch several files: all of them happen, or none, also when the process is killed
 * in between.
 *
 * What is to be done is written to `.charts/commit` and carried out from there. A journal that is found later is one
 * whose writer was killed: it is carried out to its end before anything else is done. Its format: core/FORMAT.md,
 * section 1. */
#ifndef CHARTS_SRC_JOURNAL_H
#define CHARTS_SRC_JOURNAL_H

#include "storage.h"
#include "value.h"

#include <sys/stat.h>

/* What is to be done. All zero but the lists is an empty plan. */
typedef struct journal {
  charts_value *puts;     /* [temporary, file] */
  charts_value *removals; /* [file, stamp]: unless the stamp has changed meanwhile */
  charts_value *views;    /* ids */
  bool has_next;
  double next; /* `.charts/next` becomes this */
  bool sync;   /* all of it, or nothing, survives a power cut */
} journal;

/* An empty plan; a list that could not be made fails in journal_commit. */
journal journal_begin(void);
void journal_end(journal *plan);
void journal_add_put(journal *plan, const char *temporary, const char *file);
/* `stamp`: of journal_stamp. */
void journal_add_removal(journal *plan, const char *file, const char *stamp);
/* What tells in at least 64 bytes of room that a file was not written since: size and mtime, which are on the disk with
 * its data, and not what a renaming changes later or a copy of the directory has anew. */
void journal_stamp(char *stamp, const struct stat *status);
void journal_add_view(journal *plan, const char *id);

/* Carries a plan out. The caller holds the directory's lock. `folder` is the descriptor, `path` the name for errors.
 * Errors: IO, MEMORY; after one of them the plan is given up. */
/* Takes the plan's lists over. */
charts_status journal_commit(journal *plan, int folder, const char *path, charts_error *error);

/* Takes the directory's lock as storage_lock_take does, and first carries out what a killed process left. */
charts_status journal_lock(storage_lock *lock, int folder, const char *path, charts_error *error);

#endif
