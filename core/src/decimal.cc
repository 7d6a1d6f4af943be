// <charconv> is the fastest correct conversion that Debian has; it never looks at the locale.
#include "decimal.h"

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
  // A number with a fraction is below 2^53, where the shortest fixed text is ECMAScript's.
  double size = std::fabs(number);
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

// Powers of ten that a double holds exactly.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// The commonest numbers: digits that make an integer up to 2^53, with up to 22 decimals and no exponent. One exact
// division then rounds once, to the nearest double (Clinger, "How to read floating point numbers accurately", 1990).
// Returns nullptr for all others.
const char *read_short(const char *text, const char *end, double *number) {
  const char *at = text;
  const bool negative = at < end && *at == '-';
  if (negative)
    at++;
  const char *first = at;
  unsigned long long digits = 0;
  while (at < end && is_digit(*at) && at - first < 18)
    digits = digits * 10 + static_cast<unsigned>(*at++ - '0');
  const auto whole = at - first;
  if (whole == 0 || (*first == '0' && whole > 1))
    return nullptr;
  long decimals = 0;
  if (at < end && *at == '.') {
    const char *point = ++at;
    while (at < end && is_digit(*at) && whole + (at - point) < 18)
      digits = digits * 10 + static_cast<unsigned>(*at++ - '0');
    decimals = at - point;
    if (decimals == 0)
      return nullptr;
  }
  const bool more = at < end && (is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E');
  if (more || digits > (1ULL << 53))
    return nullptr;
  const double value = static_cast<double>(digits) / kPowers[decimals];
  *number = negative ? -value : value;
  return at;
}

} // namespace

extern "C" const char *decimal_read(const char *text, const char *end, double *number) {
  if (const char *stop = read_short(text, end, number))
    return stop;
  const char *stop = number_end(text, end);
  if (stop == nullptr)
    return nullptr;
  double value = 0;
  std::from_chars_result result = std::from_chars(text, stop, value);
  if (result.ec == std::errc::result_out_of_range) {
    value = overflows(text, stop) ? HUGE_VAL : 0.0;
    if (*text == '-')
      value = -value;
  }
  *number = value;
  return stop;
}
