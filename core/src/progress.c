#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double AFTER = 2;     /* seconds: shorter writes say nothing */
static const double BETWEEN = 0.2; /* seconds from one text to the next */

enum { NAME_MOST = 60, NAME_ROOM = NAME_MOST + 4 }; /* bytes of a name in the text: it must stay one line */

static double clock_now(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_quiet(void) {
  const char *quiet = getenv("CHARTS_QUIET");
  return quiet != NULL && strcmp(quiet, "1") == 0;
}

void progress_begin(progress *of, const char *path, void (*say)(void *context, const char *text), void *context) {
  const char *slash = strrchr(path, '/');
  *of = (progress){.say = is_quiet() ? NULL : say, .context = context, .now = clock_now};
  of->folder = slash != NULL ? slash + 1 : path;
  of->began = of->now();
}

/* A name as a terminal may show it: cut, and without control characters. */
static void shorten(char to[NAME_ROOM], const char *name) {
  size_t length = strlen(name);
  bool cut = length > NAME_MOST;
  if (cut)
    for (length = NAME_MOST; length > 0 && ((unsigned char)name[length] & 0xC0U) == 0x80U; length--) {
    }
  for (size_t i = 0; i < length; i++)
    to[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7F ? '?' : name[i];
  memcpy(to + length, cut ? "…" : "", cut ? sizeof "…" : 1);
}

void progress_note(void *context, const char *name, double fraction) {
  progress *of = context;
  if (of->say == NULL)
    return;
  double now = of->now();
  if (now - of->began < AFTER || (of->said > 0 && now - of->said < BETWEEN))
    return;
  char file[FILE_NAME_ROOM];
  char short_folder[NAME_ROOM];
  char short_file[NAME_ROOM];
  char percent[16] = "";
  char text[2 * NAME_ROOM + 32];
  directory_file_name(file, name, strlen(name));
  shorten(short_folder, of->folder);
  shorten(short_file, file);
  if (fraction >= 0 && fraction <= 1)
    (void)snprintf(percent, sizeof percent, ": %d %%", (int)(fraction * 100));
  (void)snprintf(text, sizeof text, "Writing %s/%s%s", short_folder, short_file, percent);
  of->said = now;
  of->say(of->context, text);
}

void progress_end(progress *of) {
  if (of->say != NULL && of->said > 0)
    of->say(of->context, NULL);
  of->said = 0;
}
