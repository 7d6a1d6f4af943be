/* Adding to the series of a chart directory; declared in directory.h. */
#include "directory.h"

charts_status directory_append(const directory *opened, const series_list *list, charts_value *messages,
                               charts_error *error) {
  (void)opened;
  (void)list;
  (void)messages;
  return error_set(error, CHARTS_INTERNAL, "append is not there yet");
}
