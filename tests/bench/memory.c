#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double memory_mib(const char *key) {
  char line[256];
  double found = -1;
  size_t length = strlen(key);
  FILE *status = fopen("/proc/self/status", "r");
  while (status && found < 0 && fgets(line, sizeof line, status))
    if (strncmp(line, key, length) == 0 && line[length] == ':')
      found = strtod(line + length + 1, NULL) / 1024;
  if (status)
    (void)fclose(status);
  return found;
}

void memory_forget_peak(void) {
  FILE *file = fopen("/proc/self/clear_refs", "w");
  if (!file)
    return;
  (void)fputs("5", file);
  (void)fclose(file);
}
