/* The operations whose calls are made to fail. */
#ifndef CHARTS_TESTS_OPERATIONS_H
#define CHARTS_TESTS_OPERATIONS_H

#include "charts.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct operation {
  const char *name;
  void (*prepare)(void); /* fills the world, which is empty */
  /* Does it, with the injection on around what is tested; *text is what it gave, which the caller frees, or NULL. */
  charts_status (*run)(const struct operation *of, char **text, charts_error *error);
  const char *verb; /* of a call: for operation_call */
  const char *arguments;
  void (*add)(charts_value *arguments); /* more arguments; or NULL */
  const char *series;                   /* what an error of a file of theirs must name, one name of these, by blanks */
  bool reads;                           /* changes nothing */
  bool keeps_part;                      /* an error may leave a part of it done, which doing it again completes */
  bool leaves_out;                      /* what cannot be read (EIO) is missing from what it gives */
} operation;

extern const operation operations[];
extern const size_t operation_count;

/* More points in the long form. */
extern bool operations_long;

/* The parts: calls of the session, rooms of the core, servers. */
charts_status operation_call(const operation *of, char **text, charts_error *error);

#define OPERATIONS_CORE(X)                                                                                             \
  X(json)                                                                                                              \
  X(options)                                                                                                           \
  X(session)                                                                                                           \
  X(windows) X(windows_text) X(nearest) X(stack) X(indexing) X(indexer) X(listing) X(settings) X(settings_get)
#define OPERATIONS_SERVER(X)                                                                                           \
  X(server)                                                                                                            \
  X(request_series)                                                                                                    \
  X(request_file)                                                                                                      \
  X(request_window) X(request_settings) X(request_directories) X(request_live) X(control) X(watch) X(serverfile)
#define OPERATION_DECLARE(name) charts_status run_##name(const operation *of, char **text, charts_error *error);
OPERATIONS_CORE(OPERATION_DECLARE)
OPERATIONS_SERVER(OPERATION_DECLARE)
#undef OPERATION_DECLARE

/* Worlds. */
void world_nothing(void);
void world_small(void);
void world_big(void);
void world_foreign(void);
void world_unindexed(void);

/* Copies text; ends the program when memory is out. */
char *text_copy(const char *text, size_t length);

#endif
