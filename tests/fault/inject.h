/* Makes the calls that the core makes of the C library fail: the n-th one, once or for good.
 *
 * The program is linked with --wrap for each name in `wrapped.txt`, so that only calls of the core (and of the test,
 * which are let through) are seen, not those inside of the C library or civetweb. */
#ifndef CHARTS_TESTS_INJECT_H
#define CHARTS_TESTS_INJECT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum inject_mode {
  INJECT_COUNT,  /* nothing fails */
  INJECT_ONCE,   /* the n-th call fails */
  INJECT_GOOD,   /* the n-th call and all later ones fail */
  INJECT_FULL,   /* of the calls that take room on a disk, the n-th and all later ones fail */
  INJECT_MEMORY, /* of the allocations, the n-th and all later ones fail */
  INJECT_EINTR,  /* of the calls that a signal may interrupt, the n-th is interrupted once */
  INJECT_SHORT,  /* every read and write from the n-th on moves one byte only, or half of what it was asked to */
  INJECT_MODES
} inject_mode;

typedef enum inject_threads {
  INJECT_ALL,    /* calls of all threads */
  INJECT_OWN,    /* of the thread that called inject_on */
  INJECT_OTHERS, /* of all but that */
} inject_threads;

typedef struct inject_plan {
  inject_mode mode;
  size_t n;      /* 1 is the first call */
  unsigned pick; /* which of the errors that fit a call */
} inject_plan;

/* What was hit first. */
typedef struct inject_hit {
  const char *call; /* NULL: nothing was hit */
  int number;       /* errno */
  bool tidying;     /* the call was one that removes a file */
  char path[512];   /* the file, or "" */
} inject_hit;

const char *inject_mode_name(inject_mode mode);
/* How many different errors the calls have at most. */
enum { INJECT_PICKS = 4 };

void inject_set(const inject_plan *plan);
/* Between these two, calls are counted and fail as planned. */
void inject_on(inject_threads threads);
void inject_off(void);
/* Ends the plan, and keeps what it hit. */
void inject_pause(void);
/* Whether calls go on to fail once one did. */
bool inject_lasts(void);
/* Sets the clocks that the core reads ahead, by so many ms in all. */
void inject_ahead(long ms);
/* Calls of the plan's kind since inject_set, and the first that was hit. */
size_t inject_count(void);
const inject_hit *inject_struck(void);
/* Whether a call that removes a file was made to fail since inject_set. */
bool inject_kept_files(void);

/* Blocks of memory that the core holds. */
size_t inject_blocks(void);

#endif
