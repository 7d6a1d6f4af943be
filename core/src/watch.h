/* The changes of chart directories: inotify, or polling where that cannot see (CHARTS_WATCH=poll asks for it). One
 * listing a directory is kept, behind a mutex, and shared by all. */
#ifndef CHARTS_SRC_WATCH_H
#define CHARTS_SRC_WATCH_H

#include "snapshot.h"

/* A directory changed; called on the watch thread while that directory is held: it calls nothing of the watch. `count`
 * may be 0: something else that the listing names, such as a broken file. The pointers live during the call. */
typedef void (*watch_changed)(void *context, const char *path, const char *revision, const watch_change *changes,
                              size_t count);

typedef struct watch watch;

/* Starts the watch thread. Errors: SERVER, MEMORY. */
charts_status watch_open(watch **opened, watch_changed changed, void *context, charts_error *error);
/* Ends the thread; in a forked child (`forked`) only forgets. */
void watch_close(watch *opened, bool forked);

/* Follows a chart directory from now on; each call needs its own watch_leave. `revision` (32 bytes) is what later
 * changes are told against. Any thread. Errors of directory_list. */
charts_status watch_enter(watch *opened, const char *path, char revision[32], charts_error *error);
void watch_leave(watch *opened, const char *path);

/* Lists a directory as it is now, at the cost of a stat a file where it was listed before, and gives the listing to
 * `visit`, which must not keep it. Any thread; one directory is listed by one thread at a time. */
typedef void (*watch_visit)(void *context, const directory_listing *listing);
charts_status watch_list(watch *opened, const char *path, watch_visit visit, void *context, charts_error *error);

#endif
