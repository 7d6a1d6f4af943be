#include "windowrows.h"

#include "buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The labels and records of one answer lie in memory at once. */
enum { TEXT_LIMIT = 64 << 20, FIRST_CAPACITY = 256 };

void rows_free(row_columns *of) {
  for (size_t i = 0; i < ROWS_WIDTH; i++)
    free(of->numbers[i]);
  for (size_t i = 0; i < of->count; i++) {
    if (of->labels != NULL)
      free(of->labels[i]);
    if (of->records != NULL)
      free(of->records[i]);
  }
  free(of->labels);
  free(of->records);
  *of = (row_columns){.file = of->file, .width = of->width, .texts = of->texts};
}

static bool grow_texts(char ***texts, size_t capacity) {
  char **grown = memory_resize(*texts, capacity * sizeof *grown);
  if (grown != NULL)
    *texts = grown;
  return grown != NULL;
}

static bool grow(row_columns *to) {
  if (to->count < to->capacity)
    return true;
  size_t capacity = to->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : to->capacity * 2;
  for (size_t i = 0; i < to->width; i++) {
    double *grown = memory_resize(to->numbers[i], capacity * sizeof *grown);
    if (grown == NULL)
      return false;
    to->numbers[i] = grown;
  }
  if (to->texts && (!grow_texts(&to->labels, capacity) || !grow_texts(&to->records, capacity)))
    return false;
  to->capacity = capacity;
  return true;
}

static bool copy_text(char **copy, const char *text, row_columns *to) {
  if (text == NULL)
    return true;
  size_t length = strlen(text);
  to->text_length += length;
  *copy = memory_text(text, length);
  return *copy != NULL;
}

charts_status rows_add(row_columns *to, const double *numbers, const char *label, const char *record,
                       charts_error *error) {
  if (!grow(to))
    return error_memory(error);
  size_t place = to->count++;
  for (size_t i = 0; i < to->width; i++)
    to->numbers[i][place] = numbers[i];
  if (!to->texts)
    return CHARTS_OK;
  to->labels[place] = NULL;
  to->records[place] = NULL;
  to->labelled = to->labelled || label != NULL;
  if (!copy_text(&to->labels[place], label, to) || !copy_text(&to->records[place], record, to))
    return error_memory(error);
  if (to->text_length > TEXT_LIMIT)
    return error_set(error, CHARTS_LIMIT, "%s: the points of the window hold more than 64 MiB of text: zoom in",
                     to->file);
  return CHARTS_OK;
}

charts_status rows_break(row_columns *to, double x, charts_error *error) {
  double numbers[ROWS_WIDTH] = {x, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
  return rows_add(to, numbers, NULL, NULL, error);
}
