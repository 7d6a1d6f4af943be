/* double <-> shortest decimal text, independent of the locale. */
#ifndef CHARTS_SRC_DECIMAL_H
#define CHARTS_SRC_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room that decimal_write needs. */
#define DECIMAL_ROOM 32

/* Writes the shortest text that reads back as `number`, as ECMAScript's Number::toString lays it out (1e+21, 1e-7,
 * 100000), but "-0.0" for minus zero. `number` is finite. Returns the length; no NUL is written. */
size_t decimal_write(char *text, double number);

/* Reads a JSON number in [text, end). *number is the nearest double (overflow: ±infinity; underflow: ±0). Returns the
 * end of the number, or NULL when there is none. */
const char *decimal_read(const char *text, const char *end, double *number);

#ifdef __cplusplus
}
#endif

#endif
