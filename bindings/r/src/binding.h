/* The R binding's three rooms: charts.c (session, verbs, chart handles), arguments.c (R value -> charts_value) and
 * results.c (charts_value -> R value).
 *
 * An R error jumps (longjmp), so nothing that must be freed may hang in the air when one can happen. Everything of one
 * call hangs on an exchange, which charts.c frees whatever happens (R_ExecWithCleanup). R code never runs beneath a
 * frame of the core without a guard: exchange_guard catches the jump, and it goes on when the core has returned. */
#ifndef CHARTS_R_BINDING_H
#define CHARTS_R_BINDING_H

#include <stdbool.h>

#define R_NO_REMAP
#include <Rinternals.h>

#include "charts.h"

/* Nesting beyond this is cut off: the core refuses what is less deep already. */
enum { DEEPEST = 160 };

/* What one call of a verb owns. */
typedef struct exchange {
  charts_value *arguments;
  charts_value *result;
  charts_value *pending[DEEPEST]; /* the value under construction at each depth */
  int depth;                      /* how many of them there are */
  SEXP kept;                      /* a protected pairlist: R values made on the way, whose memory is borrowed */
  SEXP jump;                      /* where exchange_guard keeps an R error or interrupt; protected */
  bool jumped;
  const char *argument; /* the name of the one that is being converted, for errors; valid meanwhile */
  charts_error error;   /* what cannot be converted; status CHARTS_OK: nothing */
} exchange;

/* Runs R code that may jump. False when it did: the jump goes on when the core has returned. */
bool exchange_guard(exchange *e, SEXP (*run)(void *), void *context);

/* The members of an R list as the record of a call of `verb`: those without a name by their place. Fills e->arguments,
 * or sets e->error. */
void arguments_from_list(exchange *e, const char *verb, SEXP list);

/* An R value of what a verb gave, unprotected. `handle` is what a chart becomes. Records and lists become lists (lists
 * of one kind and of more than one item: vectors), columns vectors, frames data frames, times POSIXct. */
SEXP result_to_r(const charts_value *value, SEXP handle);

/* The tag of the external pointers that are charts; their address is the chart's id. */
SEXP chart_tag(void);
/* The id of a chart's external pointer, 0 when it is closed or `value` is none. */
int64_t chart_id(SEXP value);

#endif
