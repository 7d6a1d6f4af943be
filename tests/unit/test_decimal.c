/* double <-> shortest decimal text. */
#include "cmocka_all.h"

#include "decimal.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *written(double number) {
  static char text[DECIMAL_ROOM + 1];
  memset(text, '#', sizeof text);
  size_t length = decimal_write(text, number);
  assert_true(length <= DECIMAL_ROOM);
  text[length] = '\0';
  return text;
}

/* What ECMAScript's Number::toString gives (but for minus zero). */
static void texts_are_those_of_ecmascript(void **state) {
  (void)state;
  static const struct {
    double number;
    const char *text;
  } known[] = {
      {0, "0"},
      {-0.0, "-0.0"},
      {1, "1"},
      {-1, "-1"},
      {10, "10"},
      {100000, "100000"},
      {123456789, "123456789"},
      {1147651200000, "1147651200000"},
      {9007199254740991.0, "9007199254740991"},
      {9007199254740992.0, "9007199254740992"},
      {-9007199254740992.0, "-9007199254740992"},
      {9007199254740994.0, "9007199254740994"},
      {1e15, "1000000000000000"},
      {1e17, "100000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {-1e21, "-1e+21"},
      {1.5e21, "1.5e+21"},
      {999999999999999900000.0, "999999999999999900000"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.2345e-5, "0.000012345"},
      {0.5, "0.5"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {-1.5, "-1.5"},
      {67.79, "67.79"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {-1.5e-7, "-1.5e-7"},
      {1.0 / 3, "0.3333333333333333"},
      {5e-324, "5e-324"},
      {-5e-324, "-5e-324"},
      {DBL_MIN, "2.2250738585072014e-308"},
      {2.225073858507201e-308, "2.225073858507201e-308"},
      {DBL_MAX, "1.7976931348623157e+308"},
      {-DBL_MAX, "-1.7976931348623157e+308"},
      {3.141592653589793, "3.141592653589793"},
      {123456.789, "123456.789"},
      {4.35, "4.35"},
      {9.5367431640625e-7, "9.5367431640625e-7"},
      {0.000001234, "0.000001234"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    assert_string_equal(written(known[i].number), known[i].text);
}

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static double from_bits(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static void check_round_trip(double number) {
  const char *text = written(number);
  double back = 0;
  const char *end = decimal_read(text, text + strlen(text), &back);
  assert_ptr_equal(end, text + strlen(text));
  assert_memory_equal(&back, &number, sizeof back);
  double oracle = strtod(text, NULL);
  assert_memory_equal(&oracle, &number, sizeof oracle);
  /* Shortest: one digit less does not read back (by the C library). */
  char longer[64];
  (void)snprintf(longer, sizeof longer, "%.17g", number);
  size_t digits = 0;
  size_t trailing = 0;
  bool leading = true;
  for (const char *at = text; *at != '\0' && *at != 'e'; at++) {
    if (*at < '0' || *at > '9' || (leading && *at == '0'))
      continue;
    leading = false;
    digits++;
    trailing = *at == '0' ? trailing + 1 : 0;
  }
  digits -= trailing;
  if (digits > 1) {
    char shorter[64];
    (void)snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, number);
    assert_true(strtod(shorter, NULL) != number);
  }
}

static void every_double_comes_back(void **state) {
  (void)state;
  for (int i = 0; i < 200000; i++) {
    double number = from_bits(next_random());
    if (isfinite(number) && number != 0)
      check_round_trip(number);
  }
}

static void edges_come_back(void **state) {
  (void)state;
  for (int exponent = -1074; exponent <= 1023; exponent++) {
    double power = ldexp(1, exponent);
    check_round_trip(power);
    check_round_trip(-power);
    check_round_trip(nextafter(power, INFINITY));
    if (power > 5e-324)
      check_round_trip(nextafter(power, 0));
  }
  for (int exponent = -308; exponent <= 308; exponent++)
    check_round_trip(pow(10, exponent));
  for (int i = 0; i < 100000; i++) {
    check_round_trip((double)(next_random() >> 10));
    check_round_trip((double)(next_random() % 100000000) / 100 + 0.01);
  }
  double zero = -0.0;
  double back = 1;
  assert_non_null(decimal_read("-0.0", "-0.0" + 4, &back));
  assert_memory_equal(&back, &zero, sizeof back);
}

static void reading_stops_where_the_number_ends(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double number;
    size_t length;
  } known[] = {
      {"1,2", 1, 1},
      {"1]", 1, 1},
      {"0", 0, 1},
      {"01", 0, 1},
      {"-12.50e+1x", -125, 9},
      {"1E2", 100, 3},
      {"1e-2 ", 0.01, 4},
      {"1.", 0, 0},
      {"1.e3", 0, 0},
      {".5", 0, 0},
      {"-", 0, 0},
      {"+1", 0, 0},
      {"1e", 0, 0},
      {"1e+", 0, 0},
      {"", 0, 0},
      {"nan", 0, 0},
      {"inf", 0, 0},
      {"0x10", 0, 1},
      {"1_000", 1, 1},
      {"1e400", INFINITY, 5},
      {"-1e400", -INFINITY, 6},
      {"1e-400", 0, 6},
      {"0e999999999", 0, 11},
      {"--1", 0, 0},
      {"1e99999999999999999999", INFINITY, 22},
      {"1e-99999999999999999999", 0, 23},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    double number = 0;
    const char *end = decimal_read(known[i].text, known[i].text + strlen(known[i].text), &number);
    if (known[i].length == 0) {
      assert_null(end);
    } else {
      assert_ptr_equal(end, known[i].text + known[i].length);
      assert_true(number == known[i].number);
    }
  }
}

static void underflow_keeps_the_sign(void **state) {
  (void)state;
  double number = 1;
  const char *text = "-1e-400";
  assert_non_null(decimal_read(text, text + strlen(text), &number));
  assert_true(number == 0 && signbit(number));
}

static void long_numbers_are_rounded_once(void **state) {
  (void)state;
  static const char *const texts[] = {
      "9007199254740993",
      "9007199254740993.0000000000000000000000000000000001",
      "2.2250738585072011e-308",
      "2.4703282292062327208e-324",
      "2.4703282292062328e-324",
      "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070963302864166"
      "92887"
      "9109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713669596228429"
      "14819"
      "860834936475292719074168444365510704342711559699508093042880",
      "0."
      "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001e10"
      "8",
      "123456789012345678901234567890",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    double number = 0;
    assert_non_null(decimal_read(texts[i], texts[i] + strlen(texts[i]), &number));
    double oracle = strtod(texts[i], NULL);
    assert_memory_equal(&number, &oracle, sizeof number);
  }
}

static void the_locale_changes_nothing(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
  for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++)
    if (setlocale(LC_ALL, locales[i]) != NULL)
      break;
  assert_string_equal(written(1234.5), "1234.5");
  double number = 0;
  const char *text = "1234.5";
  assert_ptr_equal(decimal_read(text, text + 6, &number), text + 6);
  assert_true(number == 1234.5);
  (void)setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_those_of_ecmascript),
      cmocka_unit_test(every_double_comes_back),
      cmocka_unit_test(edges_come_back),
      cmocka_unit_test(reading_stops_where_the_number_ends),
      cmocka_unit_test(underflow_keeps_the_sign),
      cmocka_unit_test(long_numbers_are_rounded_once),
      cmocka_unit_test(the_locale_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
