/* What a value is made of; for the rooms of `value` alone. */
#ifndef CHARTS_SRC_VALUEBODY_H
#define CHARTS_SRC_VALUEBODY_H

#include "value.h"

/* Values nest no deeper than this, so that walking them may recurse on the small stacks of server threads. */
enum { VALUE_DEPTH = 2 * JSON_DEPTH, MEMBER_LIMIT = 4096 };

typedef struct members {
  charts_value **items;
  char **keys; /* NULL for lists; an item is NULL for a positional argument or an unnamed column */
  size_t count;
  size_t capacity;
} members;

struct charts_value {
  charts_kind kind;
  charts_status failure; /* why building this value, or one within it, failed */
  int depth;
  union {
    bool truth;
    struct {
      double value;
      int64_t integer; /* what charts_integer was given, when it is inexact */
    } number;
    struct {
      char *bytes;
      size_t length;
    } text;
    members members;
    struct {
      charts_column spec;
      double *owned;
      char *zone;
    } column;
    struct {
      charts_reader_source source;
      char *zone;
      bool *begun; /* whether it was read; apart, so that who reads need not be able to change the value */
    } reader;
    int64_t handle;
  } as;
};

charts_value *value_make(charts_kind kind);
/* Lists, records and frames have members. */
bool value_has_members(const charts_value *value);
/* Adds an item with a key (owned, or NULL); takes both also when it fails. */
void value_add_member(charts_value *value, char *key, charts_value *item);
/* The place of a key, or the count. */
size_t value_find_key(const charts_value *record, const char *key);
/* The keys of a record in byte order (positional ones left out), for the caller to free; NULL when memory is out. */
const char **value_sorted_keys(const charts_value *record, size_t *count);

#endif
