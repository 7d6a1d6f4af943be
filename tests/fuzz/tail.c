/* A series file with any tail, then an append: all that could be read before is there afterwards, with the new point
 * behind it, in a file that is JSON; or the append is refused and the file is as it was.
 *
 * The first byte says what stands before the tail: data of a kind, or nothing. */
#include "scratch.h"

#include "append.h"
#include "fuzz.h"
#include "reading.h"

#include <math.h>
#include <string.h>

#define HEAD "{\"name\":\"T\",\"display\":true,\"index\":0,\"data\":["
#define NEW "{\"name\":\"T\",\"data\":["

static directory *opened;

static const char *const before[] = {
    HEAD "[1,2],[2,3]", HEAD "1,2", HEAD "[\"a\",1],[\"b\",2]", HEAD "{\"y\":1},{\"y\":2}", HEAD "[1,2,3]",
    HEAD "[1,2,3,4,5]", ""};
/* A new point by kind. */
static const char *const added[] = {[SERIES_EMPTY] = NEW "[7,8]]}",      [SERIES_Y] = NEW "7]}",
                                    [SERIES_XY] = NEW "[7,8]]}",         [SERIES_RANGE] = NEW "[7,8,9]]}",
                                    [SERIES_OHLC] = NEW "[7,8,9,7,8]]}", [SERIES_NAMED] = NEW "[\"new\",8]]}",
                                    [SERIES_POINTS] = NEW "{\"y\":8}]}"};

static void remove_folder(void) {
  directory_close(opened);
  (void)scratch_remove(NULL);
}

static reading read_file(bool whole) {
  int file = open(scratch_path("T.json"), O_RDONLY | O_CLOEXEC);
  fuzz_require(file >= 0, "the file is gone");
  reading made = reading_of(file, whole);
  (void)close(file);
  return made;
}

static charts_status append_point(series_kind kind, charts_error *error) {
  charts_value *record = NULL;
  charts_value *messages = charts_list();
  series_list list;
  fuzz_require(value_parse(&record, added[kind], strlen(added[kind]), error) == CHARTS_OK &&
                   series_read(&list, record, &(series_request){0}, messages, error) == CHARTS_OK,
               "%s", error->message);
  charts_status status = append_series(opened, &list, error);
  series_list_free(&list);
  charts_value_free(record);
  charts_value_free(messages);
  return status;
}

static void check_grown(const reading *old) {
  reading grown = read_file(true);
  reading by_tail = read_file(false);
  fuzz_require(grown.status == CHARTS_OK && !grown.head.torn, "after an append: %s", grown.error.message);
  reading_compare(&grown, &by_tail, "after an append");
  fuzz_require(grown.count == old->count + 1, "%zu rows, and after an append of one %zu", old->count, grown.count);
  size_t numbers = old->count * series_width(old->head.kind);
  fuzz_require(numbers == 0 || memcmp(grown.rows, old->rows, numbers * sizeof *old->rows) == 0,
               "an append changed a number");
  size_t width = series_width(grown.head.kind);
  double last = grown.rows[old->count * width + 1];
  fuzz_require(last == (grown.head.kind == SERIES_Y ? 7 : 8), "the new value is %g", last);
  for (size_t i = 0; i < old->count; i++)
    fuzz_require((old->labels[i] == NULL) == (grown.labels[i] == NULL) &&
                     (old->labels[i] == NULL || strcmp(old->labels[i], grown.labels[i]) == 0),
                 "an append changed a label");
  reading_free(&grown);
  reading_free(&by_tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  charts_error error = {0};
  if (opened == NULL) {
    fuzz_require(scratch_make(NULL) == 0 &&
                     directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK,
                 "no folder");
    fuzz_require(atexit(remove_folder) == 0, "no end");
  }
  if (length == 0)
    return 0;
  buffer text = {0};
  buffer_add_text(&text, before[bytes[0] % (sizeof before / sizeof before[0])]);
  buffer_add(&text, bytes + 1, length - 1);
  scratch_write("T.json", text.bytes, text.length);
  reading old = read_file(false);
  charts_status status = append_point(old.status == CHARTS_OK ? old.head.kind : SERIES_XY, &error);
  if (old.status == CHARTS_OK && status == CHARTS_OK) {
    check_grown(&old);
  } else if (status == CHARTS_OK) { /* an append does not read the rows before it: one of them may be wrong */
    fuzz_require(old.head.attributes != NULL, "points were added to what is no series: %s", old.error.message);
  } else {
    char *now = scratch_read("T.json");
    fuzz_require(now != NULL && memcmp(now, text.bytes, text.length + 1) == 0, "refused (%s), and the file is another",
                 error.message);
    free(now);
  }
  reading_free(&old);
  buffer_free(&text);
  return 0;
}
