/* A folder of its own for a test, removed with all that it holds; files in it. */
#ifndef CHARTS_TESTS_SCRATCH_H
#define CHARTS_TESTS_SCRATCH_H

#include "cmocka_all.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[4096];

static int scratch_remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  (void)where;
  return remove(path);
}

/* cmocka's set-up: makes the folder. */
static int scratch_make(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  (void)snprintf(scratch_folder, sizeof scratch_folder, "%s/charts-unit-XXXXXX", base != NULL ? base : "/tmp");
  return mkdtemp(scratch_folder) != NULL ? 0 : -1;
}

/* cmocka's tear-down. */
static int scratch_remove(void **state) {
  (void)state;
  return nftw(scratch_folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file of the folder; one at a time. */
static inline const char *scratch_path(const char *file) {
  static char path[8192];
  (void)snprintf(path, sizeof path, "%s/%s", scratch_folder, file);
  return path;
}

static inline void scratch_write(const char *file, const char *bytes, size_t length) {
  FILE *to = fopen(scratch_path(file), "wb");
  assert_non_null(to);
  assert_int_equal(fwrite(bytes, 1, length, to), length);
  assert_int_equal(fclose(to), 0);
}

static inline void scratch_write_text(const char *file, const char *text) {
  scratch_write(file, text, strlen(text));
}

/* The bytes of a file with a NUL behind them; the caller's. */
static inline char *scratch_read(const char *file) {
  FILE *from = fopen(scratch_path(file), "rb");
  if (from == NULL)
    return NULL;
  assert_int_equal(fseek(from, 0, SEEK_END), 0);
  long length = ftell(from);
  assert_true(length >= 0);
  rewind(from);
  char *bytes = malloc((size_t)length + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)length, from), (size_t)length);
  bytes[length] = '\0';
  (void)fclose(from);
  return bytes;
}

static inline bool scratch_exists(const char *file) {
  struct stat status;
  return lstat(scratch_path(file), &status) == 0;
}

#endif
