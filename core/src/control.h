/* Talks to a detached server of this machine: one small HTTP request, with a deadline. */
#ifndef CHARTS_SRC_CONTROL_H
#define CHARTS_SRC_CONTROL_H

#include "serverfile.h"

/* Posts `body` (JSON) to `route` ("api/shown") of the server of `folder` that was read as `to`. *answer is the caller's
 * (charts_value_free). The token and the body leave only when, with the connection made, a socket of this user listens
 * at the port and the folder's server file is still held and says the same: who took the port of a server that has
 * ended gets nothing. Errors: SERVER (it has ended; no answer within 5 s, or not one of ours), or what the server's
 * refusal means (NOT_FOUND, ARGUMENT), with its words. */
charts_status control_post(charts_value **answer, const char *folder, const serverfile *to, const char *route,
                           const charts_value *body, charts_error *error);

#endif
