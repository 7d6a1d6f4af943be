#include "mending.h"

#include "beneath.h"
#include "filebytes.h"
#include "seriesfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Whether what stands around the newline at head->limit is what an append of ours leaves. Ours puts its newline right
 * behind a whole row, or behind the bracket of data that were empty, and a comma right behind it; another program that
 * writes line by line has the comma before it, or white space around brackets: its file, which it may be writing just
 * now, is left alone. */
static bool is_our_append(int file, const char *name, const series_head *head) {
  char around[4] = {0};
  size_t got = 0;
  if (head->limit < 2 || filebytes_read(file, name, around, sizeof around, head->limit - 2, &got, NULL) != CHARTS_OK ||
      got < 3 || around[2] != '\n')
    return false;
  if (head->limit == head->data_start + 1)
    return got == 3 || around[3] == '\0' || strchr(" \t\r\n", around[3]) == NULL;
  char last = head->kind == SERIES_Y ? around[1] : head->kind == SERIES_POINTS ? '}' : ']';
  return around[1] == last && around[1] != ',' && around[1] != '[' && strchr(" \t\r\n", around[0]) == NULL &&
         (got == 3 || around[3] == ',' || around[3] == '}' || around[3] == '\0');
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
    done = head.torn && is_our_append(opened, file, &head) && close_at(opened, file, head.limit);
    series_head_free(&head);
  }
  if (opened >= 0)
    (void)close(opened);
  storage_lock_release(&lock);
  return done;
}
