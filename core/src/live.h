/* The open pages: which view of which directory each shows, and what they are told. */
#ifndef CHARTS_SRC_LIVE_H
#define CHARTS_SRC_LIVE_H

#include "http.h"
#include "watch.h"

/* Any thread may use it. */
typedef struct live live;

/* Starts watching. Errors: SERVER, MEMORY. */
charts_status live_open(live **opened, charts_error *error);
void live_close(live *opened, bool forked);
watch *live_watch(live *opened);

/* A page opened its WebSocket: it is told of the changes of `path` from now on, and first of the revision. `view` may
 * be "". Errors as of watch_enter: the page is then told nothing. */
charts_status live_enter(live *opened, connection *page, const char *path, const char *segment, const char *view,
                         charts_error *error);
void live_leave(live *opened, connection *page);
/* Asks the pages of a view to come up to date; gives how many there are. One that is being opened counts. */
size_t live_shown(live *opened, const char *segment, const char *view);
/* A tab with the view was opened: for some seconds, or until its page comes, that page counts as there. */
void live_opened(live *opened, const char *segment, const char *view);

/* Something was asked or handed out: the idle time starts anew. */
void live_touch(live *opened);
/* Milliseconds since the last page closed or live_touch; 0 while a page is open. */
int64_t live_idle(live *opened);

#endif
