/* What the programs that call the library share: a session, and calls that end the program when they fail. */
#ifndef CHARTS_BENCH_CORE_H
#define CHARTS_BENCH_CORE_H

#include <charts.h>

_Noreturn void core_fail(const char *what);
void *core_memory(size_t bytes);

charts_session *core_open(void);
/* Calls a verb; frees the arguments; the answer is the caller's. */
charts_value *core_call(charts_session *session, const char *verb, charts_value *arguments);
/* The chart on a directory, which it makes when it is not there. `first` (or NULL) is a series that it begins with. */
int64_t core_chart(charts_session *session, const char *directory, charts_value *first, bool live);

/* Rows [x, y] that borrow `x` and `y`. */
charts_value *core_rows(const double *x, const double *y, size_t count);
/* A series of times. */
charts_value *core_series(const char *name, charts_value *data);

#endif
