#include "nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { WORD_LIMIT = 64 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static int folded(char letter) {
  return tolower((unsigned char)letter);
}

/* Damerau-Levenshtein distance (adjacent letters swapped count once) of words of at most WORD_LIMIT letters. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t rows[3][WORD_LIMIT + 1];
  size_t *before = rows[0];
  size_t *above = rows[1];
  size_t *now = rows[2];
  for (size_t j = 0; j <= b_length; j++)
    above[j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    now[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t change = folded(a[i - 1]) == folded(b[j - 1]) ? 0 : 1;
      now[j] = least(least(above[j] + 1, now[j - 1] + 1), above[j - 1] + change);
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
        now[j] = least(now[j], before[j - 2] + 1);
    }
    size_t *spare = before;
    before = above;
    above = now;
    now = spare;
  }
  return above[b_length];
}

size_t nearest_distance(const char *word, const char *name) {
  size_t word_length = strlen(word);
  size_t name_length = strlen(name);
  if (word_length > WORD_LIMIT || name_length > WORD_LIMIT)
    return SIZE_MAX;
  size_t far = distance(word, word_length, name, name_length);
  size_t longer = word_length > name_length ? word_length : name_length;
  return far <= longer / 3 ? far : SIZE_MAX;
}

int nearest_name(const char *word, const char *const *names) {
  int nearest = -1;
  size_t best = SIZE_MAX;
  for (int i = 0; names[i] != NULL; i++) {
    size_t far = nearest_distance(word, names[i]);
    if (far < best) {
      best = far;
      nearest = i;
    }
  }
  return nearest;
}
