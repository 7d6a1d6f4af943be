/* Runs a fuzz target without libFuzzer: replay CURRENT CORPUS MUTATIONS [INPUT…]
 *
 * Every file of the folder CORPUS, then so many mutations of them, the same ones each time. The file CURRENT holds the
 * input that is being run, so that the one that ended the program is found there. With INPUT only those files are run.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

enum { INPUT_MOST = 1 << 16, CORPUS_MOST = 4096 };

typedef struct input {
  uint8_t *bytes;
  size_t length;
} input;

/* As it lies in the file CURRENT. */
typedef struct current {
  uint64_t length;
  uint8_t bytes[INPUT_MOST];
} current;

static current *running;
static input corpus[CORPUS_MOST];
static size_t corpus_count;
static uint64_t seed = 88172645463325252U;

static void run(const uint8_t *bytes, size_t length) {
  uint8_t *copy = malloc(length > 0 ? length : 1); /* of its exact size: reading beyond it is seen */
  fuzz_require(copy != NULL, "out of memory");
  memcpy(copy, bytes, length);
  memcpy(running->bytes, bytes, length);
  running->length = length;
  (void)LLVMFuzzerTestOneInput(copy, length);
  free(copy);
}

static size_t below(size_t limit) {
  return (size_t)(fuzz_next(&seed) % limit);
}

static input read_input(const char *path) {
  FILE *from = fopen(path, "rb");
  fuzz_require(from != NULL, "cannot open %s", path);
  uint8_t *bytes = malloc(INPUT_MOST);
  fuzz_require(bytes != NULL, "out of memory");
  size_t length = fread(bytes, 1, INPUT_MOST, from);
  (void)fclose(from);
  return (input){bytes, length};
}

static int is_file(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void read_corpus(const char *folder) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_file, alphasort);
  fuzz_require(count > 0 && count <= CORPUS_MOST, "no corpus in %s", folder);
  for (int i = 0; i < count; i++) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    corpus[corpus_count++] = read_input(path);
    free(entries[i]);
  }
  free(entries);
}

/* Puts `length` bytes in the place of `removed` at `at`. */
static void insert(input *into, size_t at, size_t removed, const uint8_t *bytes, size_t length) {
  if (into->length - removed + length > INPUT_MOST)
    return;
  uint8_t copy[256];
  memcpy(copy, bytes, length); /* may be a part of the input itself */
  memmove(into->bytes + at + length, into->bytes + at + removed, into->length - at - removed);
  memcpy(into->bytes + at, copy, length);
  into->length = into->length - removed + length;
}

static void mutate_once(input *into) {
  static const char *const words[] = {"null", "[", "]",     "{",  "}",  ",",       "\"",
                                      "-",    "e", "1e999", "\n", "]}", "\\u0000", "%"};
  const input *other = &corpus[below(corpus_count)];
  size_t at = below(into->length + 1);
  size_t rest = into->length - at;
  uint8_t byte = (uint8_t)below(256);
  switch (below(6)) {
  case 0:
    if (rest > 0)
      into->bytes[at] = byte;
    return;
  case 1:
    if (rest > 0)
      into->bytes[at] ^= (uint8_t)(1U << below(8));
    return;
  case 2:
    insert(into, at, 0, &byte, 1);
    return;
  case 3:
    insert(into, at, rest > 0 ? below(rest < 64 ? rest : 64) : 0, &byte, 0);
    return;
  case 4: {
    const char *word = words[below(sizeof words / sizeof words[0])];
    insert(into, at, 0, (const uint8_t *)word, strlen(word));
    return;
  }
  default:
    if (other->length > 0) {
      size_t from = below(other->length);
      size_t most = other->length - from < 128 ? other->length - from : 128;
      insert(into, at, 0, other->bytes + from, 1 + below(most));
    }
  }
}

static void mutate(size_t count) {
  input changed = {malloc(INPUT_MOST), 0};
  fuzz_require(changed.bytes != NULL, "out of memory");
  for (size_t i = 0; i < count; i++) {
    const input *from = &corpus[below(corpus_count)];
    memcpy(changed.bytes, from->bytes, from->length);
    changed.length = from->length;
    for (size_t times = 1 + below(6); times > 0; times--)
      mutate_once(&changed);
    run(changed.bytes, changed.length);
  }
  free(changed.bytes);
}

int main(int count, char **arguments) {
  if (count < 4) {
    (void)fprintf(stderr, "usage: %s CURRENT CORPUS MUTATIONS [INPUT…]\n", arguments[0]);
    return 2;
  }
  int file = open(arguments[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  fuzz_require(file >= 0 && ftruncate(file, sizeof *running) == 0, "cannot write %s", arguments[1]);
  running = mmap(NULL, sizeof *running, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  fuzz_require(running != MAP_FAILED, "cannot map %s", arguments[1]);
  if (count > 4)
    for (int i = 4; i < count; i++)
      corpus[corpus_count++] = read_input(arguments[i]);
  else
    read_corpus(arguments[2]);
  for (size_t i = 0; i < corpus_count; i++)
    run(corpus[i].bytes, corpus[i].length);
  size_t mutations = count > 4 ? 0 : (size_t)strtoul(arguments[3], NULL, 10);
  mutate(mutations);
  (void)printf("%zu inputs and %zu mutations\n", corpus_count, mutations);
  for (size_t i = 0; i < corpus_count; i++)
    free(corpus[i].bytes);
  return 0;
}
