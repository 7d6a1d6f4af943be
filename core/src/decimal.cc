// <charconv> is the fastest correct conversion that Debian has; it never looks at the locale.
#include "decimal.h"
#include "decimalshort.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace {

// Lays out `count` digits with the decimal point after the first `point` digits, as ECMA-262 Number::toString does.
size_t lay_out(char *text, const char *digits, int count, int point) {
  char *at = text;
  if (count <= point && point <= 21) {
    std::memcpy(at, digits, static_cast<size_t>(count));
    at += count;
    std::memset(at, '0', static_cast<size_t>(point - count));
    return static_cast<size_t>(at + (point - count) - text);
  }
  if (0 < point && point <= 21) {
    std::memcpy(at, digits, static_cast<size_t>(point));
    at += point;
    *at++ = '.';
    std::memcpy(at, digits + point, static_cast<size_t>(count - point));
    return static_cast<size_t>(at + (count - point) - text);
  }
  if (-6 < point && point <= 0) {
    *at++ = '0';
    *at++ = '.';
    std::memset(at, '0', static_cast<size_t>(-point));
    at += -point;
    std::memcpy(at, digits, static_cast<size_t>(count));
    return static_cast<size_t>(at + count - text);
  }
  *at++ = digits[0];
  if (count > 1) {
    *at++ = '.';
    std::memcpy(at, digits + 1, static_cast<size_t>(count - 1));
    at += count - 1;
  }
  *at++ = 'e';
  int exponent = point - 1;
  if (exponent >= 0)
    *at++ = '+';
  return static_cast<size_t>(std::to_chars(at, at + 8, exponent).ptr - text);
}

// Writes numbers of at most six decimals, such as prices; 0 when `number` (of magnitude `size`, 1e-6 to 1e9) is none. A
// decimal of up to 15 digits that reads back as the number is the only one of its length, and without trailing zeros
// the shortest.
size_t write_short(char *text, double number, double size) {
  const double scaled = size * 1e6;
  const double rounded = std::nearbyint(scaled);
  if (std::fabs(scaled - rounded) > scaled * 4e-16 || rounded / 1e6 != size)
    return 0;
  auto digits = static_cast<unsigned long long>(rounded);
  unsigned fraction = static_cast<unsigned>(digits % 1000000);
  int decimals = 6;
  for (; fraction % 10 == 0 && decimals > 1; decimals--)
    fraction /= 10;
  char *at = text;
  if (number < 0)
    *at++ = '-';
  at = std::to_chars(at, at + 12, digits / 1000000).ptr;
  *at = '.';
  for (int i = decimals; i > 0; i--, fraction /= 10)
    at[i] = static_cast<char>('0' + fraction % 10);
  return static_cast<size_t>(at + 1 + decimals - text);
}

} // namespace

extern "C" size_t decimal_write(char *text, double number) {
  char *at = text;
  if (number == 0) {
    const char *zero = std::signbit(number) ? "-0.0" : "0";
    std::memcpy(text, zero, std::strlen(zero));
    return std::strlen(zero);
  }
  // Integers are the commonest numbers and have a path of their own: the same text, five times faster.
  if (number >= -9007199254740992.0 && number <= 9007199254740992.0) {
    long long whole = static_cast<long long>(number);
    if (static_cast<double>(whole) == number)
      return static_cast<size_t>(std::to_chars(text, text + DECIMAL_ROOM, whole).ptr - text);
  }
  double size = std::fabs(number);
  if (size >= 1e-6 && size < 1e9)
    if (const size_t length = write_short(text, number, size))
      return length;
  // A number with a fraction is below 2^53, where the shortest fixed text is ECMAScript's.
  if (size >= 1e-6 && size < 9007199254740992.0)
    return static_cast<size_t>(std::to_chars(text, text + DECIMAL_ROOM, number, std::chars_format::fixed).ptr - text);
  char scientific[DECIMAL_ROOM];
  const char *end =
      std::to_chars(scientific, scientific + sizeof scientific, number, std::chars_format::scientific).ptr;
  const char *from = scientific;
  if (*from == '-')
    *at++ = *from++;
  char digits[DECIMAL_ROOM];
  int count = 0;
  while (from < end && *from != 'e') {
    if (*from != '.')
      digits[count++] = *from;
    from++;
  }
  int exponent = 0;
  from++;
  if (*from == '+')
    from++;
  std::from_chars(from, end, exponent);
  return static_cast<size_t>(at - text) + lay_out(at, digits, count, exponent + 1);
}

namespace {

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

// The end of the JSON number in [text, end), or nullptr: the grammar is narrower than that of from_chars.
const char *number_end(const char *text, const char *end) {
  const char *at = text;
  if (at < end && *at == '-')
    at++;
  if (at == end || !is_digit(*at))
    return nullptr;
  if (*at == '0')
    at++;
  else
    while (at < end && is_digit(*at))
      at++;
  if (at < end && *at == '.') {
    at++;
    if (at == end || !is_digit(*at))
      return nullptr;
    while (at < end && is_digit(*at))
      at++;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-'))
      at++;
    if (at == end || !is_digit(*at))
      return nullptr;
    while (at < end && is_digit(*at))
      at++;
  }
  return at;
}

// Whether a number that from_chars found out of range is too large (else too small): by the power of ten of its first
// digit.
bool overflows(const char *text, const char *end) {
  long long power = 0;
  bool seen = false;
  bool fraction = false;
  for (; text < end && *text != 'e' && *text != 'E'; text++) {
    if (*text == '.')
      fraction = true;
    else if (is_digit(*text)) {
      if (*text != '0')
        seen = true;
      if (!fraction && seen)
        power++;
      else if (fraction && !seen)
        power--;
    }
  }
  if (text < end) {
    text++;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
      text++;
    long long exponent = 0;
    for (; text < end && exponent < 1000000000000LL; text++)
      exponent = exponent * 10 + (*text - '0');
    power += negative ? -exponent : exponent;
  }
  return power > 0;
}

} // namespace

namespace {

// Whether what from_chars took of [text, end) is a number of JSON without exponent: an integer part without a leading
// zero, digits on both sides of a point, and nothing behind it that would belong to it.
bool plain(const char *text, const char *stop, const char *end) {
  const char *at = text + (*text == '-' ? 1 : 0);
  const char *first = at;
  while (at < stop && is_digit(*at))
    at++;
  if (at == first || (*first == '0' && at - first > 1))
    return false;
  if (stop < end && (*stop == 'e' || *stop == 'E' || *stop == '.'))
    return false;
  return at == stop || (*at == '.' && is_digit(stop[-1]) && is_digit(at[1]));
}

} // namespace

extern "C" const char *decimal_read(const char *text, const char *end, double *number) {
  if (const char *stop = decimal_read_short(text, end, number))
    return stop;
  // from_chars takes a wider grammar than JSON's (".5", "5.", "01", "inf"): where it may have, the narrow one decides.
  double value = 0;
  std::from_chars_result result = std::from_chars(text, end, value);
  const char *stop = result.ptr;
  if (result.ec != std::errc() || !plain(text, stop, end)) {
    stop = number_end(text, end);
    if (stop == nullptr)
      return nullptr;
    result = std::from_chars(text, stop, value);
  }
  if (result.ec == std::errc::result_out_of_range) {
    value = overflows(text, stop) ? HUGE_VAL : 0.0;
    if (*text == '-')
      value = -value;
  }
  *number = value;
  return stop;
}
