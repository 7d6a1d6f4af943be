/* Opens a tab or a window of the person's browser. */
#ifndef CHARTS_SRC_BROWSER_H
#define CHARTS_SRC_BROWSER_H

#include "status.h"

typedef enum browser_place { BROWSER_TAB, BROWSER_WINDOW } browser_place;

/* Opens `url` by CHARTS_BROWSER, else BROWSER, else xdg-open, through a mode-0600 file that redirects to it
 * (CHARTS_OPEN=url passes the address itself). The program is detached: it holds no descriptor of ours and outlives us.
 * CHARTS_NOT_FOUND when there is no way to open a browser here (no display, SSH, no such program): not an error for the
 * user. */
charts_status browser_open(const char *url, browser_place place, charts_error *error);

#endif
