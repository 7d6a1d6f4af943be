#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double AFTER = 2;     /* seconds: shorter writes say nothing */
static const double BETWEEN = 0.2; /* seconds from one text to the next */

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

void progress_note(void *context, const char *name, double fraction) {
  progress *of = context;
  if (of->say == NULL)
    return;
  double now = of->now();
  if (now - of->began < AFTER || (of->said > 0 && now - of->said < BETWEEN))
    return;
  char file[FILE_NAME_ROOM];
  char text[2 * FILE_NAME_ROOM];
  directory_file_name(file, name, strlen(name));
  int length = snprintf(text, sizeof text, "Writing %.200s/%s", of->folder, file);
  if (!isnan(fraction))
    (void)snprintf(text + length, sizeof text - (size_t)length, ": %.0f %%", floor(fraction * 100));
  of->said = now;
  of->say(of->context, text);
}

void progress_end(progress *of) {
  if (of->say != NULL && of->said > 0)
    of->say(of->context, NULL);
  of->said = 0;
}
