#include "readback.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_MOST = 5 };

/* Points on their way into memory, column by column. */
typedef struct gathering {
  series_kind kind;
  size_t width;
  double *numbers[WIDTH_MOST];
  size_t count;
  size_t capacity;
  charts_value *rows; /* kinds named and points */
} gathering;

static charts_status gather_rows(gathering *into, const series_block *block, charts_error *error) {
  for (size_t i = 0; i < block->count; i++) {
    charts_value *row = NULL;
    if (into->kind == SERIES_POINTS && block->records[i] == NULL) {
      row = charts_null();
    } else if (into->kind == SERIES_POINTS) {
      charts_status status = value_parse(&row, block->records[i], strlen(block->records[i]), error);
      if (status != CHARTS_OK)
        return status;
    } else {
      double y = block->rows[i * block->width + 1];
      row = charts_list();
      charts_list_add(row, charts_text(block->labels[i]));
      charts_list_add(row, y == y ? charts_number(y) : charts_null());
    }
    charts_list_add(into->rows, row);
  }
  return value_failed(into->rows) ? error_memory(error) : CHARTS_OK;
}

static charts_status grow(gathering *into, size_t more, charts_error *error) {
  if (into->capacity - into->count >= more)
    return CHARTS_OK;
  size_t capacity = into->capacity * 2 > into->count + more ? into->capacity * 2 : into->count + more;
  for (size_t i = 0; i < into->width; i++) {
    double *numbers = memory_resize(into->numbers[i], capacity * sizeof *numbers);
    if (numbers == NULL)
      return error_memory(error);
    into->numbers[i] = numbers;
  }
  into->capacity = capacity;
  return CHARTS_OK;
}

static charts_status gather(void *context, const series_block *block, charts_error *error) {
  gathering *into = context;
  if (into->rows != NULL)
    return gather_rows(into, block, error);
  charts_status status = grow(into, block->count, error);
  if (status != CHARTS_OK)
    return status;
  for (size_t i = 0; i < block->count; i++)
    for (size_t k = 0; k < into->width; k++)
      into->numbers[k][into->count + i] = block->rows[i * block->width + k];
  into->count += block->count;
  return CHARTS_OK;
}

static charts_value *column_of(const gathering *from, size_t place, const series_head *head) {
  double *numbers = NULL;
  charts_value *column = charts_column_make(from->count, &numbers);
  if (column == NULL)
    return NULL;
  if (from->count > 0)
    memcpy(numbers, from->numbers[place], from->count * sizeof *numbers);
  const char *xtype = charts_value_text(charts_value_get(head->attributes, "xtype"), NULL);
  if (place > 0 || from->kind == SERIES_Y || xtype == NULL || strcmp(xtype, "datetime") != 0)
    return column;
  const char *zone = charts_value_text(charts_value_get(head->attributes, "timezone"), NULL);
  charts_value *timed = value_time_column(column, zone != NULL ? zone : "UTC");
  charts_value_free(column);
  return timed;
}

static charts_value *data_of(gathering *from, const series_head *head) {
  static const char *const xy[WIDTH_MOST] = {"x", "y"};
  static const char *const range[WIDTH_MOST] = {"x", "low", "high"};
  static const char *const ohlc[WIDTH_MOST] = {"x", "open", "high", "low", "close"};
  if (from->rows != NULL || from->kind == SERIES_EMPTY) {
    charts_value *rows = from->rows != NULL ? from->rows : charts_list();
    from->rows = NULL;
    return rows;
  }
  if (from->kind == SERIES_Y) {
    gathering only = *from;
    only.numbers[0] = from->numbers[1];
    return column_of(&only, 0, head);
  }
  const char *const *names = from->kind == SERIES_XY ? xy : from->kind == SERIES_RANGE ? range : ohlc;
  charts_value *frame = charts_frame();
  for (size_t i = 0; i < from->width && i < WIDTH_MOST; i++)
    charts_frame_add(frame, names[i], column_of(from, i, head));
  return frame;
}

static charts_value *record_of(gathering *from, const series_head *head, const char *name) {
  charts_value *record = charts_record();
  charts_record_set(record, "name", charts_text(head->name != NULL ? head->name : name));
  for (size_t i = 0; i < charts_value_count(head->attributes); i++)
    charts_record_set(record, charts_value_key(head->attributes, i), value_copy(charts_value_at(head->attributes, i)));
  charts_record_set(record, "data", data_of(from, head));
  return record;
}

charts_status readback_file(charts_value **value, int file, const char *file_name, const char *name,
                            charts_error *error) {
  series_head head;
  *value = NULL;
  charts_status status = seriesfile_head(&head, file, file_name, error);
  if (status != CHARTS_OK)
    return status;
  bool rows = head.kind == SERIES_NAMED || head.kind == SERIES_POINTS;
  gathering into = {.kind = head.kind, .width = series_width(head.kind), .rows = rows ? charts_list() : NULL};
  if (rows && into.rows == NULL)
    status = error_memory(error);
  if (status == CHARTS_OK)
    status = seriesfile_points(file, file_name, &head, gather, &into, error);
  if (status == CHARTS_OK) {
    *value = record_of(&into, &head, name);
    if (value_failed(*value)) {
      charts_value_free(*value);
      *value = NULL;
      status = error_memory(error);
    }
  }
  for (size_t i = 0; i < WIDTH_MOST; i++)
    free(into.numbers[i]);
  charts_value_free(into.rows);
  series_head_free(&head);
  return status;
}
