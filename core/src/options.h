/* Chart options: parse, check against the schema (web/options.schema.json), merge. */
#ifndef CHARTS_SRC_OPTIONS_H
#define CHARTS_SRC_OPTIONS_H

#include "nearest.h"
#include "value.h"

/* Checks `options` (a record) against the vocabulary and gives a coerced copy in *checked (the caller's): one value is
 * a list of one where a list is wanted, an empty list is an empty record where a record is wanted, a whole number stays
 * a number. A wrong type is an error that names the path (`options.title.text`) and what was expected; an unknown name
 * is a warning in `messages` that names the nearest known one, and is kept. `path` is how the record is called in
 * messages ("options", "settings testfile"). */
charts_status options_check(charts_value **checked, const charts_value *options, const char *path,
                            charts_value *messages, charts_error *error);
/* The same for the attributes of one series. */
charts_status options_check_series(charts_value **checked, const charts_value *attributes, const char *path,
                                   charts_value *messages, charts_error *error);
/* Whether `type` is a known chart type; *nearest (may be NULL) is the likeliest meant one, static, or NULL. */
bool options_type_known(const char *type, const char **nearest);
/* Whether `name` is a top-level name of the vocabulary ("title"): for messages about arguments. */
bool options_name_known(const char *name);

/* Adds a message {"kind":…, "text":…} to a list of messages. */
typedef enum message_kind { MESSAGE_NOTE, MESSAGE_WARNING } message_kind;
__attribute__((format(printf, 3, 4))) void message_add(charts_value *messages, message_kind kind, const char *format,
                                                       ...);

#endif
