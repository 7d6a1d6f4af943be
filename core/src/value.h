/* Values: what a call is made of (the public part is in charts.h), and their way to and from JSON. */
#ifndef CHARTS_SRC_VALUE_H
#define CHARTS_SRC_VALUE_H

#include "json.h"

/* Parses one whole JSON text. *value is the caller's. */
charts_status value_parse(charts_value **value, const char *text, size_t length, charts_error *error);
/* Builds the value that begins with `token`, taken from `scanner`. */
charts_status value_scan(charts_value **value, json_scanner *scanner, const json_token *token, charts_error *error);
/* Writes canonical JSON: keys of records in byte order, no white space. Columns, frames and readers are not data of
 * JSON: columns are written as lists of numbers, frames as lists of rows, readers and handles as null. */
void value_write(buffer *to, const charts_value *value);

/* A time in milliseconds since 1970 UTC from what a column counts; to the microsecond, so that decimals stay short. */
double value_milliseconds(charts_time time, double number);
/* A copy as JSON knows it: a column of one is a number (a time: its milliseconds) or a truth value, another column or a
 * frame is a list. NULL when memory is out. */
charts_value *value_plain(const charts_value *value);

/* A deep copy that owns everything (borrowed columns included); NULL when memory is out or `value` is NULL. */
charts_value *value_copy(const charts_value *value);
/* A copy of a column whose numbers are milliseconds since 1970, shown in `zone`; NULL when memory is out. */
charts_value *value_time_column(const charts_value *column, const char *zone);
/* Replaces or adds a member; `item` is owned from then on. */
void value_replace(charts_value *record, const char *key, charts_value *item);
/* Takes a member out; false when there is none. */
bool value_remove(charts_value *record, const char *key);
/* `over` merged into a copy of `base`: records member by member at any depth, everything else replaced. */
charts_value *value_merge(const charts_value *base, const charts_value *over);
/* Whether building the value failed anywhere (memory, depth, text that is not UTF-8, an integer beyond ±2^53). Cheap.
 */
bool value_failed(const charts_value *value);
/* Says what is wrong with a value from a host: where building it failed, and members set twice. `path` names it
 * ("series"). CHARTS_OK when nothing is. */
charts_status value_check(const charts_value *value, const char *path, charts_error *error);
bool value_equal(const charts_value *left, const charts_value *right);

/* Scalars by the rules of the waist: a column or list of one counts as its one item. False when the value is not of
 * that kind. */
bool value_as_number(const charts_value *value, double *number);
bool value_as_boolean(const charts_value *value, bool *truth);
bool value_as_text(const charts_value *value, const char **text, size_t *length);
/* "a number", "text", "a list", …: for messages. Static. */
const char *value_kind_name(const charts_value *value);

/* Reads the next numbers of a reader on the calling thread: calls the host's function. `room`, in numbers, is a
 * multiple of the width; so is what it gives. 0: the end; SIZE_MAX: the function failed. */
size_t value_reader_read(const charts_value *reader, double *block, size_t room);
/* Numbers in a row of a reader; 0 for another value. */
size_t value_reader_width(const charts_value *reader);
/* Rows of a reader, SIZE_MAX when it does not say; 0 for another value. */
size_t value_reader_count(const charts_value *reader);
/* Whether copies of a reader can be read one after the other, each from the first row. */
bool value_reader_restarts(const charts_value *reader);
/* Numbers of a column, rows of a reader. */
size_t value_column_count(const charts_value *column);
/* What the numbers of a column or reader mean when they are times, and the zone of these (NULL: none). */
charts_time value_column_time(const charts_value *column);
const char *value_column_zone(const charts_value *column);
/* The zone and name of a column of a frame (NULL where there is none). */
const charts_value *value_frame_column(const charts_value *frame, size_t place, const char **name);

#endif
