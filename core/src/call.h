/* A session, its charts, and a call on its way: what the files of the verbs share. */
#ifndef CHARTS_SRC_CALL_H
#define CHARTS_SRC_CALL_H

#include "arguments.h"
#include "directory.h"
#include "host.h"
#include "progress.h"
#include "series.h"

typedef enum show_mode { SHOW_TAB, SHOW_WINDOW, SHOW_INLINE, SHOW_STRING, SHOW_NONE } show_mode;

/* A chart: a way to look at a chart directory. */
typedef struct chart {
  int64_t id;
  char *path;
  charts_value *view;
  show_mode mode;
  bool anchored; /* a call with sync=true has made the way to its directory survive a power cut */
} chart;

struct charts_session {
  char *language;
  bool interactive;
  bool terminal;
  bool (*poll)(void *context);
  void (*progress)(void *context, const char *text); /* NULL: nobody looks */
  void *host_context;                                /* of poll and progress */
  char *folder;
  host *server;
  chart *charts;
  size_t count;
  int64_t last_id;
};

/* One call on its way. */
typedef struct call {
  charts_session *session;
  arguments bound;
  charts_value *messages;
  charts_value *value; /* what the verb gives; NULL: null */
  charts_error *error;
} call;

/* The chart that the argument `chart` stands for. Errors: ARGUMENT, CLOSED. */
charts_status call_find_chart(const call *of, chart **found);
/* Makes room for one more chart, before anything is changed for it, and gives its handle (the caller's); NULL when
 * memory is out. Then call_add_chart adds it, which owns `path` and `view`, and cannot fail. */
charts_value *call_reserve_chart(charts_session *session);
chart *call_add_chart(charts_session *session, char *path, charts_value *view, show_mode mode);

/* Reads `value` as series, by the arguments `name` (unless `names` is false), `x` and `time` of the call. *list is the
 * caller's. Errors: those of series_read, and ARGUMENT. */
charts_status call_read_series(call *of, series_list *list, const charts_value *value, bool names);
/* Heeds the argument `sync` for what is written through `opened`; `on` is the call's chart, NULL while there is none.
 * Errors: ARGUMENT, IO. */
charts_status call_sync(call *of, chart *on, directory *opened);
/* Begins to show how far the writing of `list` into the directory at `path` is, and ends it. */
void call_begin_progress(call *of, progress *shown, series_list *list, const char *path);
void call_end_progress(progress *shown, series_list *list);

/* The verbs of callplot.c, callappend.c and callshow.c; each gives its value and messages in `of`. */
charts_status call_plotasync(call *of);
charts_status call_plot(call *of);
charts_status call_append(call *of);
charts_status call_start(call *of);
charts_status call_show(call *of);
charts_status call_url(call *of);

#endif
