/* jansson, whose names JSON_NULL, JSON_TRUE and JSON_FALSE are also those of our scanner. */
#ifndef CHARTS_TESTS_PEER_H
#define CHARTS_TESTS_PEER_H

#define JSON_NULL JANSSON_NULL
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#include <jansson.h>
#undef JSON_NULL
#undef JSON_TRUE
#undef JSON_FALSE

#undef json_is_true
#undef json_is_false
#undef json_is_boolean
#undef json_is_null
#define json_is_true(json) ((json) != NULL && json_typeof(json) == JANSSON_TRUE)
#define json_is_false(json) ((json) != NULL && json_typeof(json) == JANSSON_FALSE)
#define json_is_boolean(json) (json_is_true(json) || json_is_false(json))
#define json_is_null(json) ((json) != NULL && json_typeof(json) == JANSSON_NULL)

#endif
