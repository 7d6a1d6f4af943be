#include "mending.h"

#include "beneath.h"
#include "filebytes.h"
#include "seriesfile.h"

#include <fcntl.h>
#include <unistd.h>

/* Ours puts a comma behind its newline where another program that writes line by line has it before. `limit` is the
 * offset of the newline. */
static bool is_our_append(int file, const char *name, uint64_t limit) {
  char around[3] = {0};
  size_t got = 0;
  if (limit == 0 || filebytes_read(file, name, around, sizeof around, limit - 1, &got, NULL) != CHARTS_OK || got < 2)
    return false;
  bool first = around[0] == '['; /* of a series that was empty */
  bool begun = got == 2 || around[2] == ',' || around[2] == '}' || around[2] == '\0';
  return around[1] == '\n' && around[0] != ',' && (first || begun);
}

/* The text behind the newline goes, and the closers come, in two steps: until the second one is done the file is torn
 * at the same place. */
static bool close_at(int file, const char *name, uint64_t limit) {
  static const char closers[] = "]}";
  bool done = ftruncate(file, (off_t)limit + 1) == 0 && filebytes_sync(file, name, NULL) == CHARTS_OK &&
              filebytes_write(file, name, closers, 2, limit + 1, NULL) == CHARTS_OK;
  (void)!storage_settle(file);
  return done;
}

bool mending_run(int folder, const char *file) {
  storage_lock lock;
  series_head head;
  if (!storage_lock_try_series(&lock, folder, file))
    return false;
  int opened = beneath_file(folder, file, O_RDWR, NULL);
  bool done = false;
  if (opened >= 0 && seriesfile_head(&head, opened, file, NULL) == CHARTS_OK) {
    done = head.torn && is_our_append(opened, file, head.limit) && close_at(opened, file, head.limit);
    series_head_free(&head);
  }
  if (opened >= 0)
    (void)close(opened);
  storage_lock_release(&lock);
  return done;
}
