#include "mending.h"

#include "beneath.h"
#include "filebytes.h"
#include "seriesfile.h"
#include "worker.h"

#include <fcntl.h>
#include <unistd.h>

/* NUL where there is none. */
static char byte_at(int file, const char *name, uint64_t offset) {
  char byte = '\0';
  size_t got = 0;
  return filebytes_read(file, name, &byte, 1, offset, &got, NULL) == CHARTS_OK && got == 1 ? byte : '\0';
}

static bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Whether what stands around the newline at head->limit is what an append of ours leaves. Ours puts its newline right
 * behind a whole row, the newline of a mended one, or the bracket of data that were empty, and a comma right behind it;
 * another program that writes line by line has the comma before it, or white space around brackets: its file, which it
 * may be writing just now, is left alone. */
static bool is_our_append(int file, const char *name, const series_head *head) {
  uint64_t row = head->limit;
  if (head->limit <= head->data_start || byte_at(file, name, head->limit) != '\n')
    return false;
  do
    row--;
  while (row > head->data_start && byte_at(file, name, row) == '\n');
  char next = byte_at(file, name, head->limit + 1);
  if (row == head->data_start)
    return !is_space(next);
  char end = byte_at(file, name, row);
  bool ends = head->kind == SERIES_Y ? end != ',' && end != '[' : end == (head->kind == SERIES_POINTS ? '}' : ']');
  bool begins = next == ',' || next == '}' || next == '\0';
  return ends && !is_space(end) && !is_space(byte_at(file, name, row - 1)) && begins && !worker_stopped();
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

/* Opens a file if it is one that an append of ours left torn, and *limit says where; else -1. */
static int open_broken_off(int folder, const char *file, int flags, uint64_t *limit) {
  series_head head;
  bool ours = false;
  int opened = beneath_file(folder, file, flags, NULL);
  if (opened >= 0 && seriesfile_head(&head, opened, file, NULL) == CHARTS_OK) {
    ours = head.torn && is_our_append(opened, file, &head);
    *limit = head.limit;
    series_head_free(&head);
  }
  if (opened < 0 || ours)
    return opened;
  (void)close(opened);
  return -1;
}

/* What is left alone is not opened for writing: that would tell who watches it of a change, who would list it again. */
bool mending_run(int folder, const char *file) {
  storage_lock lock;
  uint64_t limit = 0;
  if (!storage_lock_try_series(&lock, folder, file))
    return false;
  int seen = open_broken_off(folder, file, O_RDONLY, &limit);
  int opened = seen >= 0 ? open_broken_off(folder, file, O_RDWR, &limit) : -1; /* it may be another file by now */
  bool done = opened >= 0 && close_at(opened, file, limit);
  if (opened >= 0)
    (void)close(opened);
  if (seen >= 0)
    (void)close(seen);
  storage_lock_release(&lock);
  return done;
}
