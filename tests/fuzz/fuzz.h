/* What the fuzz targets share. A target is a program that libFuzzer, or replay.c, calls with one input after another;
 * what it finds wrong ends it. */
#ifndef CHARTS_TESTS_FUZZ_H
#define CHARTS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Ends the program with a finding. */
#define fuzz_fail(...)                                                                                                 \
  do {                                                                                                                 \
    (void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                              \
    (void)fprintf(stderr, __VA_ARGS__);                                                                                \
    (void)fputc('\n', stderr);                                                                                         \
    abort();                                                                                                           \
  } while (0)

#define fuzz_require(condition, ...)                                                                                   \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      fuzz_fail(__VA_ARGS__);                                                                                          \
  } while (0)

/* A file in memory that holds the bytes; one is kept for all inputs. */
static inline int fuzz_file(const void *bytes, size_t length) {
  static int file = -1;
  if (file < 0)
    file = memfd_create("fuzz", MFD_CLOEXEC);
  fuzz_require(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length,
               "no file in memory");
  return file;
}

/* Numbers that follow from an input. */
static inline uint64_t fuzz_next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

#endif
