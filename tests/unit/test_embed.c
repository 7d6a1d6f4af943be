/* The HTML of inline display. */
#include "cmocka_all.h"

#include "embed.h"

#include <string.h>

static void attributes_are_escaped(void **state) {
  (void)state;
  buffer html = {0};
  embed_frame(&html, "http://127.0.0.1:1/a/#t=x&v=\"1", "<b>'\"&", 400, 0);
  assert_non_null(strstr(html.bytes, "src=\"http://127.0.0.1:1/a/#t=x&amp;v=&quot;1\""));
  assert_non_null(strstr(html.bytes, "title=\"&lt;b&gt;&#39;&quot;&amp;\""));
  assert_non_null(strstr(html.bytes, "width:100%;height:440px"));
  assert_null(strstr(html.bytes, "<b>"));
  buffer_free(&html);
}

static void a_width_is_in_pixels(void **state) {
  (void)state;
  buffer html = {0};
  embed_frame(&html, "u", "t", 500, 640);
  assert_non_null(strstr(html.bytes, "width:640px;height:540px"));
  buffer_free(&html);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(attributes_are_escaped), cmocka_unit_test(a_width_is_in_pixels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
