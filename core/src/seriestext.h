/* The text of a series file for the JSON scanner. */
#ifndef CHARTS_SRC_SERIESTEXT_H
#define CHARTS_SRC_SERIESTEXT_H

#include "json.h"

/* Where the reading of a file stands. */
typedef struct seriestext {
  int file;
  const char *name;
  uint64_t offset;
  uint64_t limit; /* where it is known: the closing brackets come from here */
  size_t closed;  /* brackets given; 2: none are to be */
  uint64_t most;  /* LIMIT where more bytes than about these are asked for; 0: as many as there are */
} seriestext;

/* A json_refill; the context is a seriestext. */
charts_status seriestext_refill(void *context, char *bytes, size_t room, size_t *length, charts_error *error);
/* Puts the file's name before the message of a failed reading. */
charts_status seriestext_name(charts_error *error, charts_status status, const char *name);

#endif
