/* Makes pyramids in the background, one after the other, on a thread of its own. */
#ifndef CHARTS_SRC_INDEXER_H
#define CHARTS_SRC_INDEXER_H

#include "windowanswer.h"

typedef struct indexer indexer;

/* Errors: MEMORY. The thread starts with the first file. */
charts_status indexer_open(indexer **opened, charts_error *error);
/* Ends the work at hand, and lets nobody wait for more: the first step of closing. Accepts NULL. */
void indexer_hurry(indexer *opened);
/* Ends the work at hand and the thread; in a forked child forgets them. Accepts NULL. */
void indexer_close(indexer *opened, bool forked);
/* What windows ask; lives as long as the indexer. */
const window_indexer *indexer_asked(indexer *opened);

#endif
