/* Talks to a detached server of this machine: one small HTTP request, with a deadline. */
#ifndef CHARTS_SRC_CONTROL_H
#define CHARTS_SRC_CONTROL_H

#include "serverfile.h"

/* Posts `body` (JSON) to `route` ("api/shown"). *answer is the caller's (charts_value_free). Errors: SERVER (no answer
 * within 5 s, or not one of ours), or what the server's refusal means (NOT_FOUND, ARGUMENT), with its words. */
charts_status control_post(charts_value **answer, const serverfile *to, const char *route, const charts_value *body,
                           charts_error *error);

#endif
