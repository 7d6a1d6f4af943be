#include "world.h"

#include <dirent.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[4096];

static void give_up(const char *what) {
  perror(what);
  _exit(2);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  return where->level == 0 ? 0 : remove(path);
}

void world_make(void) {
  const char *base = getenv("TMPDIR");
  if (folder[0] == '\0') {
    (void)snprintf(folder, sizeof folder, "%s/charts-fault-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
      give_up(folder);
    return;
  }
  if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
    give_up(folder);
}

void world_remove(void) {
  world_make();
  (void)rmdir(folder);
}

void world_write(const char *path, const char *text) {
  FILE *to = fopen(path, "wb");
  if (to == NULL || fputs(text, to) < 0 || fclose(to) != 0)
    give_up(path);
}

/* ---- Looking ---- */

/* All that one walk through the folder gathers. */
static struct {
  char *text;
  size_t length;
  bool litter;
  bool indices;
  unsigned long long signature;
} gathered;

static void add(const char *text, size_t length) {
  gathered.text = realloc(gathered.text, gathered.length + length + 1);
  if (gathered.text == NULL)
    give_up("realloc");
  memcpy(gathered.text + gathered.length, text, length);
  gathered.length += length;
  gathered.text[gathered.length] = '\0';
}

static bool has_ending(const char *text, const char *ending) {
  size_t length = strlen(text);
  size_t size = strlen(ending);
  return length >= size && strcmp(text + length - size, ending) == 0;
}

/* The bytes of a file; large ones by their hash alone, and without the number behind the first "index". */
static void add_file(const char *path) {
  FILE *from = fopen(path, "rb");
  if (from == NULL)
    give_up(path);
  (void)fseek(from, 0, SEEK_END);
  size_t length = (size_t)ftell(from);
  rewind(from);
  char *bytes = malloc(length + 1);
  if (bytes == NULL || fread(bytes, 1, length, from) != length)
    give_up(path);
  (void)fclose(from);
  bytes[length] = '\0';
  static const char member[] = "\"index\":";
  char *index = gathered.indices ? NULL : strstr(bytes, member);
  if (index != NULL) {
    char *behind = index + strlen(member);
    size_t digits = strspn(behind, "0123456789");
    memmove(behind, behind + digits, length - (size_t)(behind - bytes) - digits + 1);
    length -= digits;
  }
  add(path, strlen(path));
  if (length < 1000) {
    add(" ", 1);
    add(bytes, length);
  } else {
    uint64_t hash = UINT64_C(14695981039346656037);
    char text[64];
    for (size_t i = 0; i < length; i++)
      hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    add(text, (size_t)snprintf(text, sizeof text, " %zu bytes, %016llx", length, (unsigned long long)hash));
  }
  add("\n", 1);
  free(bytes);
}

static int by_name(const struct dirent **left, const struct dirent **right) {
  return strcmp((*left)->d_name, (*right)->d_name);
}

static void visit_file(const char *path, const struct stat *status) {
  bool litter = has_ending(path, ".tmp") || has_ending(path, ".charts/commit");
  bool derived = strstr(path, ".charts/pyramid/") != NULL || has_ending(path, ".charts/next") ||
                 has_ending(path, ".charts/lock") || strncmp(path, "./charts/", 9) == 0;
  unsigned long long parts[] = {gathered.signature,
                                (unsigned long long)status->st_size,
                                (unsigned long long)status->st_mtim.tv_sec,
                                (unsigned long long)status->st_mtim.tv_nsec,
                                (unsigned long long)status->st_ctim.tv_nsec,
                                (unsigned long long)status->st_ino};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    gathered.signature = (gathered.signature ^ parts[i]) * 1099511628211ULL;
  if (gathered.litter && litter) {
    add(path, strlen(path));
    add(" ", 1);
  } else if (!gathered.litter && !litter && !derived) {
    add_file(path);
  }
}

static void visit(const char *path) {
  struct dirent **found = NULL;
  int count = scandir(path, &found, NULL, by_name);
  for (int i = 0; i < count; i++) {
    char below[8192];
    struct stat status;
    (void)snprintf(below, sizeof below, "%s/%s", path, found[i]->d_name);
    if (strcmp(found[i]->d_name, ".") != 0 && strcmp(found[i]->d_name, "..") != 0 && lstat(below, &status) == 0) {
      if (S_ISDIR(status.st_mode))
        visit(below);
      else
        visit_file(below, &status);
    }
    free(found[i]);
  }
  free(found);
}

static char *gather(bool litter, bool indices) {
  gathered.text = NULL;
  gathered.length = 0;
  gathered.litter = litter;
  gathered.indices = indices;
  gathered.signature = 0;
  add("", 0);
  visit(".");
  return gathered.text;
}

char *world_truth(bool indices) {
  return gather(false, indices);
}

char *world_litter(void) {
  return gather(true, true);
}

unsigned long long world_signature(void) {
  free(world_litter());
  return gathered.signature;
}

static size_t entries_of(const char *path) {
  size_t count = 0;
  DIR *listed = opendir(path);
  while (listed != NULL && readdir(listed) != NULL)
    count++;
  if (listed != NULL)
    (void)closedir(listed);
  return count;
}

size_t world_descriptors(void) {
  return entries_of("/proc/self/fd");
}

size_t world_threads(void) {
  return entries_of("/proc/self/task");
}
