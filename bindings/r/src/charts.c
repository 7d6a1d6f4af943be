/* library(charts): the verbs of libcharts as functions of R's .Call. R/ gives them their shape. */
#include "binding.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <R_ext/Print.h>
#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <R_ext/Visibility.h>

/* The session of this R process, and the call that is under way in it. Only R's own thread touches them. */
static charts_session *session;
static exchange *current;

/* Charts that were collected during a call, to be closed after it. */
static int64_t *collected;
static size_t collected_count;

SEXP chart_tag(void) {
  return Rf_install("charts_chart");
}

int64_t chart_id(SEXP value) {
  if (TYPEOF(value) != EXTPTRSXP || R_ExternalPtrTag(value) != chart_tag())
    return 0;
  return (int64_t)(intptr_t)R_ExternalPtrAddr(value);
}

/* ---- Jumps ---------------------------------------------------------------------------------------------------------
 */

static void jump_back(void *back, Rboolean jumps) {
  if (jumps)
    longjmp(*(jmp_buf *)back, 1);
}

bool exchange_guard(exchange *e, SEXP (*run)(void *), void *context) {
  jmp_buf back;
  if (e->jumped)
    return false;
  if (setjmp(back) != 0) {
    e->jumped = true;
    return false;
  }
  R_UnwindProtect(run, context, jump_back, &back, e->jump);
  return true;
}

static SEXP check_interrupt(void *context) {
  (void)context;
  R_CheckUserInterrupt();
  return R_NilValue;
}

/* Has the user pressed Ctrl-C? */
static bool session_poll(void *context) {
  (void)context;
  return current != NULL && !exchange_guard(current, check_interrupt, NULL);
}

static bool wants_progress(void) {
  SEXP option = Rf_GetOption1(Rf_install("charts.progress"));
  return option == R_NilValue || Rf_asLogical(option) != FALSE;
}

/* The console may be R code (sink): beneath a guard. */
static SEXP show_progress(void *text) {
  if (wants_progress())
    REprintf("\r%s\033[K", text != NULL ? (const char *)text : "");
  return R_NilValue;
}

/* A line on the terminal that the next one takes the place of. */
static void session_progress(void *context, const char *text) {
  (void)context;
  if (current != NULL)
    (void)exchange_guard(current, show_progress, (void *)(uintptr_t)text);
}

/* ---- Charts --------------------------------------------------------------------------------------------------------
 */

/* Tells the core that a chart is no longer used. Raises nothing: what is closed already needs no word. */
static void chart_forget(int64_t id) {
  charts_error error;
  charts_value *result = NULL;
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_handle(id));
  if (charts_call(session, "close", arguments, &result, &error) == CHARTS_OK)
    charts_value_free(result);
  charts_value_free(arguments);
}

static void chart_forget_later(int64_t id) {
  int64_t *grown = realloc(collected, (collected_count + 1) * sizeof *grown);
  if (grown == NULL)
    return; /* then it is closed with the session */
  collected = grown;
  collected[collected_count++] = id;
}

static void chart_finalize(SEXP chart) {
  int64_t id = chart_id(chart);
  R_ClearExternalPtr(chart);
  if (id == 0 || session == NULL)
    return;
  if (current != NULL)
    chart_forget_later(id);
  else
    chart_forget(id);
}

/* A chart's external pointer, still closed. Made before the core is called: nothing can fail between the core's giving
 * a chart and R's holding it. Unprotected. */
static SEXP chart_new(void) {
  SEXP chart = PROTECT(R_MakeExternalPtr(NULL, chart_tag(), R_NilValue));
  R_RegisterCFinalizerEx(chart, chart_finalize, FALSE);
  UNPROTECT(1);
  return chart;
}

/* ---- Calls ---------------------------------------------------------------------------------------------------------
 */

/* What every function here returns: list(status=, message=, value=, messages=); R/ raises and says. */
static SEXP answer(charts_status status, const char *message, SEXP value, SEXP messages) {
  const char *names[] = {"status", "message", "value", "messages", ""};
  PROTECT(value);
  PROTECT(messages);
  SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(list, 0, Rf_mkString(charts_status_name(status)));
  SET_VECTOR_ELT(list, 1, Rf_ScalarString(Rf_mkCharCE(message, CE_UTF8)));
  SET_VECTOR_ELT(list, 2, value);
  SET_VECTOR_ELT(list, 3, messages);
  UNPROTECT(3);
  return list;
}

/* The arguments of .Call on their way to the exchange. */
typedef struct request {
  exchange exchange;
  const char *verb;
  SEXP arguments;
} request;

static charts_status request_call(request *of) {
  exchange *e = &of->exchange;
  charts_error error;
  current = e;
  charts_status status = charts_call(session, of->verb, e->arguments, &e->result, &error);
  current = NULL;
  while (collected_count > 0)
    chart_forget(collected[--collected_count]);
  if (status != CHARTS_OK)
    e->error = error;
  return status;
}

static SEXP request_run(void *context) {
  request *of = context;
  exchange *e = &of->exchange;
  e->kept = PROTECT(Rf_cons(R_NilValue, R_NilValue));
  e->jump = PROTECT(R_MakeUnwindCont());
  SEXP chart = PROTECT(chart_new());
  SEXP messages = R_NilValue;
  SEXP value = R_NilValue;
  arguments_from_list(e, of->verb, of->arguments);
  charts_status status = e->error.status == CHARTS_OK ? request_call(of) : e->error.status;
  if (e->jumped)
    R_ContinueUnwind(e->jump);
  if (status == CHARTS_OK) {
    const charts_value *gives = charts_value_get(e->result, "value");
    if (charts_value_kind(gives) == CHARTS_HANDLE)
      R_SetExternalPtrAddr(chart, (void *)(intptr_t)charts_value_handle(gives));
    value = PROTECT(result_to_r(gives, chart));
    messages = PROTECT(result_to_r(charts_value_get(e->result, "messages"), R_NilValue));
    UNPROTECT(2);
  }
  SEXP list = answer(status, status == CHARTS_OK ? "" : e->error.message, value, messages);
  UNPROTECT(3);
  return list;
}

static void request_free(void *context) {
  exchange *e = &((request *)context)->exchange;
  while (e->depth > 0)
    charts_value_free(e->pending[--e->depth]);
  charts_value_free(e->arguments);
  charts_value_free(e->result);
}

/* A verb with the list of its arguments. */
static SEXP r_call(SEXP verb, SEXP arguments) {
  if (current != NULL) /* R code that the core waits for: an ALTREP vector's, an interrupt's handler */
    return answer(CHARTS_REFUSED, "charts is in the middle of another call", R_NilValue, R_NilValue);
  request of = {.verb = CHAR(STRING_ELT(verb, 0)), .arguments = arguments};
  return R_ExecWithCleanup(request_run, &of, request_free, &of);
}

/* ---- The session ---------------------------------------------------------------------------------------------------
 */

static SEXP r_close(void) {
  charts_session_close(session);
  session = NULL;
  free(collected);
  collected = NULL;
  collected_count = 0;
  return R_NilValue;
}

/* R does not unload packages when it ends. */
static void session_finalize(SEXP pointer) {
  (void)pointer;
  (void)r_close();
}

static SEXP r_open(SEXP interactive, SEXP terminal, SEXP progress) {
  static SEXP end; /* its finalizer runs when R ends */
  charts_error error;
  charts_host host = {.size = sizeof host,
                      .language = "R",
                      .interactive = Rf_asLogical(interactive) == TRUE,
                      .terminal = Rf_asLogical(terminal) == TRUE,
                      .poll = session_poll,
                      .progress = Rf_asLogical(progress) == TRUE ? session_progress : NULL};
  if (session != NULL)
    return answer(CHARTS_OK, "", R_NilValue, R_NilValue);
  if (end == NULL) {
    end = R_MakeExternalPtr(&session, R_NilValue, R_NilValue);
    R_PreserveObject(end);
    R_RegisterCFinalizerEx(end, session_finalize, TRUE);
  }
  charts_status status = charts_session_open(&session, &host, &error);
  return answer(status, status == CHARTS_OK ? "" : error.message, R_NilValue, R_NilValue);
}

static SEXP texts(const char *const *of) {
  R_xlen_t count = 0;
  while (of != NULL && of[count] != NULL)
    count++;
  SEXP vector = PROTECT(Rf_allocVector(STRSXP, count));
  for (R_xlen_t i = 0; i < count; i++)
    SET_STRING_ELT(vector, i, Rf_mkChar(of[i]));
  UNPROTECT(1);
  return vector;
}

/* For tests: the verbs, the names of one's arguments, and the version of the header that this was compiled with. */
static SEXP r_verbs(void) {
  return texts(charts_verbs());
}

static SEXP r_verb_arguments(SEXP verb) {
  return texts(charts_verb_arguments(CHAR(STRING_ELT(verb, 0))));
}

static SEXP r_version(void) {
  return Rf_mkString(CHARTS_VERSION);
}

/* Through the one function type that compilers let any other be cast to. */
#define ENTRY(function) (DL_FUNC)(void (*)(void))(function)

static const R_CallMethodDef methods[] = {
    {"call", ENTRY(r_call), 2},
    {"open", ENTRY(r_open), 3},
    {"close", ENTRY(r_close), 0},
    {"verbs", ENTRY(r_verbs), 0},
    {"verb_arguments", ENTRY(r_verb_arguments), 1},
    {"version", ENTRY(r_version), 0},
    {NULL, NULL, 0},
};

void attribute_visible R_init_charts(DllInfo *library) {
  R_registerRoutines(library, NULL, methods, NULL, NULL);
  R_useDynamicSymbols(library, FALSE);
  R_forceSymbols(library, TRUE);
}
