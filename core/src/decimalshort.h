/* The commonest decimal numbers, read inline: reading data is mostly this. C17 and C++17. */
#ifndef CHARTS_SRC_DECIMALSHORT_H
#define CHARTS_SRC_DECIMALSHORT_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* number = digits / 10^decimals, correctly rounded; false where only the full algorithm can tell. */
static inline bool decimal_divide(double *number, uint64_t digits, ptrdiff_t decimals) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  if (decimals == 0 && digits <= (UINT64_C(1) << 53)) {
    *number = (double)digits;
    return true;
  }
  if (digits <= (UINT64_C(1) << 53)) { /* one exact division rounds once (Clinger, PLDI 1990) */
    *number = (double)digits / powers[decimals];
    return true;
  }
#if LDBL_MANT_DIG == 64
  /* The same with 64 bits of precision, which hold the digits, and a second rounding to 53: that goes astray only where
   * the first one ended on the middle between two doubles. */
  const long double quotient = (long double)(int64_t)digits / (long double)powers[decimals];
  uint64_t mantissa;
  memcpy(&mantissa, &quotient, sizeof mantissa);
  if ((mantissa & 0x7FF) != 0x400) {
    *number = (double)quotient;
    return true;
  }
#endif
  return false;
}

/* Whether eight bytes, first one lowest, are digits. */
static inline bool decimal_eight_digits(uint64_t bytes) {
  return ((bytes & UINT64_C(0xF0F0F0F0F0F0F0F0)) |
          (((bytes + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4)) ==
         UINT64_C(0x3333333333333333);
}

/* The number that eight digits make: neighbours are joined three times. */
static inline uint64_t decimal_join_eight(uint64_t bytes) {
  bytes -= UINT64_C(0x3030303030303030);
  bytes = bytes * 10 + (bytes >> 8); /* pairs, in every other byte */
  const uint64_t low = (bytes & UINT64_C(0x000000FF000000FF)) * (100 + (UINT64_C(1000000) << 32));
  const uint64_t high = ((bytes >> 16) & UINT64_C(0x000000FF000000FF)) * (1 + (UINT64_C(10000) << 32));
  return (low + high) >> 32;
}

/* Adds the digits from `at` on to *digits; returns where they end. Beyond 19 digits the sum is meaningless. */
static inline const char *decimal_add_digits(const char *at, const char *end, uint64_t *digits) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  while (end - at >= 8) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    if (!decimal_eight_digits(bytes))
      break;
    *digits = *digits * 100000000 + decimal_join_eight(bytes);
    at += 8;
  }
#endif
  while (at < end && *at >= '0' && *at <= '9')
    *digits = *digits * 10 + (uint64_t)(*at++ - '0');
  return at;
}

/* Reads a number of up to 18 digits without exponent; NULL for all others, which decimal_read knows. */
static inline const char *decimal_read_short(const char *text, const char *end, double *number) {
  const char *at = text;
  const bool negative = at < end && *at == '-';
  at += negative ? 1 : 0;
  const char *first = at;
  uint64_t digits = 0;
  at = decimal_add_digits(at, end, &digits);
  const ptrdiff_t whole = at - first;
  if (whole == 0 || (*first == '0' && whole > 1))
    return NULL;
  ptrdiff_t decimals = 0;
  if (at < end && *at == '.') {
    const char *point = ++at;
    at = decimal_add_digits(at, end, &digits);
    decimals = at - point;
    if (decimals == 0)
      return NULL;
  }
  const bool more = at < end && (*at == 'e' || *at == 'E' || *at == '.');
  double value = 0;
  if (more || whole + decimals > 18 || !decimal_divide(&value, digits, decimals))
    return NULL;
  *number = negative ? -value : value;
  return at;
}

#endif
