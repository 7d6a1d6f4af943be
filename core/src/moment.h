/* Reading several files of a chart directory at one moment, so that nobody sees half of a change of several. */
#ifndef CHARTS_SRC_MOMENT_H
#define CHARTS_SRC_MOMENT_H

#include "journal.h"

#include <sys/stat.h>

/* Carries out what a killed process left, if there is anything. Errors as of journal_lock. */
charts_status moment_settle(int folder, const char *path, charts_error *error);

/* A reading of several files at one moment: under the directory's lock, or, while another process keeps that, held
 * against what was changed meanwhile:
 *
 *     moment reading = {0};
 *     do {
 *       status = moment_begin(&reading, folder, path, error);
 *       … read …
 *     } while (status == CHARTS_OK && !moment_end(&reading, folder));
 */
typedef struct moment {
  storage_lock lock;
  int64_t began; /* 0: not yet */
  bool locked;
  bool unchecked;     /* nothing more can be known */
  struct stat charts; /* `.charts`, in which every change of several files leaves a trace */
} moment;

/* Begins to read, where it may after carrying out what a killed process left. REFUSED: for ten seconds other processes
 * kept the lock and were in the middle of changes. Where no lock can be had at all, by a user who may not even read it,
 * an unfinished change is waited for two seconds, then read as it stands. */
charts_status moment_begin(moment *reading, int folder, const char *path, charts_error *error);
/* Ends it: whether what was read since is of one moment. False: read it anew. */
bool moment_end(moment *reading, int folder);

#endif
