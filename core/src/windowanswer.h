/* A window of a series file by the best way there is: its pyramid, else the text, or a sample while the text is
 * indexed. */
#ifndef CHARTS_SRC_WINDOWANSWER_H
#define CHARTS_SRC_WINDOWANSWER_H

#include "nodecache.h"
#include "window.h"

/* Who makes pyramids in the background. NULL: nobody does. */
typedef struct window_indexer {
  /* Asks for the pyramid of a file. True: it is on its way, and so far is *progress (0 to 1), or it has just come
   * (then *progress is 1); false: there will be none. On any thread. */
  bool (*ask)(void *context, const directory *opened, const char *file, int descriptor, double *progress);
  void *context;
  nodecache *cache; /* keeps what was read of pyramids; may be NULL */
} window_indexer;

/* Opens the pyramid that fits the state of an open series file, waiting for one who appends to it just now; NULL when
 * there is none. `*file` is the pyramid's descriptor, to be closed behind the pyramid. */
pyramid *window_open_pyramid(int *file, const directory *opened, const char *series, int descriptor);

/* Answers a window of an open file; `answer` is the caller's (window_free). Errors: as window_read. */
charts_status window_answer(window *answer, const directory *opened, const char *file, int descriptor,
                            const window_request *request, const window_indexer *indexer, charts_error *error);

/* The row whose x is nearest to `x`, as an answer of at most one row. Errors: LIMIT (x is not in order), FORMAT, IO,
 * MEMORY. */
charts_status window_nearest(window *answer, const directory *opened, const char *file, int descriptor, double x,
                             charts_error *error);

#endif
