/* The verbs, the names of their arguments, and the record of a call bound to them. */
#ifndef CHARTS_SRC_ARGUMENTS_H
#define CHARTS_SRC_ARGUMENTS_H

#include "value.h"

/* Every verb: name, how many arguments may be given by place, and their names in order. The only list of them. */
#define CHARTS_VERBS(X)                                                                                                \
  X(start, 0, NULL)                                                                                                    \
  X(plotasync, 2, "series", "options", "name", "x", "type", "height", "width", "save", "stock", "show", "display",     \
    "purge", "live", "time", "sync", NULL)                                                                             \
  X(plot, 3, "chart", "series", "name", "display", "x", "time", "sync", NULL)                                          \
  X(append, 3, "chart", "series", "name", "time", "x", "sync", NULL)                                                   \
  X(remove, 2, "chart", "name", "sync", NULL)                                                                          \
  X(names, 1, "chart", NULL)                                                                                           \
  X(read, 2, "chart", "name", NULL)                                                                                    \
  X(show, 2, "chart", "show", "sync", NULL)                                                                            \
  X(url, 1, "chart", NULL)                                                                                             \
  X(close, 1, "chart", NULL)                                                                                           \
  X(describe, 1, "chart", NULL)                                                                                        \
  X(data, 1, "name", NULL)

enum { ARGUMENTS_MOST = 16 };

/* A call's arguments by the places of the verb's list; NULL where one was not given or is null. Borrowed. */
typedef struct arguments {
  const char *const *names;
  const charts_value *values[ARGUMENTS_MOST];
  const charts_value *rest; /* the record of the call when it holds numbers under names that are no arguments, which
                               only append takes, as the values of series; else NULL */
} arguments;

/* Binds a record to the names of `verb`. One record alone, without `data`, whose members are all arguments, is the
 * arguments themselves. Errors: ARGUMENT (an unknown one, with the likeliest meant one by name or by value; one given
 * twice; too many by place). */
charts_status arguments_bind(arguments *bound, const char *verb, const charts_value *record, charts_error *error);

/* Whether the verb of `bound` has an argument of that name. */
bool arguments_know(const arguments *bound, const char *name);
/* The value of an argument by its name, or NULL. */
const charts_value *arguments_get(const arguments *bound, const char *name);

/* Typed access: *given is whether there was one. Errors: ARGUMENT that names the argument and what was expected. */
charts_status arguments_boolean(const arguments *bound, const char *name, bool *given, bool *truth,
                                charts_error *error);
/* A number of pixels: 1 to 100 000. */
charts_status arguments_pixels(const arguments *bound, const char *name, bool *given, double *pixels,
                               charts_error *error);
/* Text without NUL, not empty; *text is NULL when there was none. */
charts_status arguments_text(const arguments *bound, const char *name, const char **text, charts_error *error);
/* One of the words of `choices` (ended by NULL); *choice keeps its value when there was none. */
charts_status arguments_choice(const arguments *bound, const char *name, const char *const *choices, int *choice,
                               charts_error *error);

/* The words of the argument `show`, ended by NULL, in the order of the calls' enumeration. */
extern const char *const arguments_shows[];

#endif
