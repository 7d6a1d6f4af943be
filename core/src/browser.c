#include "browser.h"

#include "filebytes.h"
#include "headers.h"
#include "program.h"
#include "serverfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 32, REDIRECT_SECONDS = 600, START_MS = 5000 };

/* ---- The redirect file ---- */

static void write_page(buffer *to, const char *url) {
  buffer_add_text(to, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"referrer\" "
                      "content=\"no-referrer\">"
                      "<title>Chart</title><meta http-equiv=\"refresh\" content=\"0;url=");
  html_escape(to, url);
  buffer_add_text(to, "\"></head><body><p><a href=\"");
  html_escape(to, url);
  buffer_add_text(to, "\">Open the chart</a></p></body></html>\n");
}

/* Removes the redirect files that every browser has read by now. */
static void sweep(const char *folder) {
  struct stat status;
  time_t now = time(NULL);
  DIR *listed = opendir(folder);
  for (struct dirent *entry; listed && (entry = readdir(listed));)
    if (strncmp(entry->d_name, "open-", 5) == 0 &&
        fstatat(dirfd(listed), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        now - status.st_mtime > REDIRECT_SECONDS)
      (void)unlinkat(dirfd(listed), entry->d_name, 0);
  if (listed)
    closedir(listed);
}

/* Makes a private page that leads to `url`, so that the token stands in no process list; appends its path. */
static charts_status redirect_make(buffer *path, const char *url, charts_error *error) {
  unsigned long long random = 0;
  buffer page = {0};
  charts_status status = serverfile_folder(path, error);
  if (status != CHARTS_OK)
    return status;
  sweep(path->bytes);
  if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
    return error_system(error, errno, "cannot read", "the random source");
  buffer_add_format(path, "/open-%016llx.html", random);
  write_page(&page, url);
  if (path->failed || page.failed) {
    buffer_free(&page);
    return error_memory(error);
  }
  int file = open(path->bytes, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  status = file < 0 ? error_system(error, errno, "cannot write", path->bytes)
                    : filebytes_add(file, path->bytes, page.bytes, page.length, error);
  if (file >= 0)
    close(file);
  buffer_free(&page);
  return status;
}

/* ---- The program ---- */

/* A command: words of `text`, which the list points into. */
typedef struct command {
  char *text;
  const char *words[WORDS];
  size_t count;
  bool failed; /* memory was out */
} command;

static bool command_split(command *split, const char *from, size_t length) {
  bool failed = split->failed;
  *split = (command){.text = memory_text(from, length)};
  split->failed = failed || !split->text;
  char *rest = NULL;
  for (char *word = split->text ? strtok_r(split->text, " \t", &rest) : NULL; word && split->count < WORDS - 8;
       word = strtok_r(NULL, " \t", &rest))
    split->words[split->count++] = word;
  return split->count > 0;
}

/* The first command of CHARTS_BROWSER, of BROWSER (a list joined by colons), or xdg-open where there is a display,
 * whose program exists. False also when memory was out, as `chosen` or `program` says: what was not looked at may be
 * the person's choice. */
static bool command_choose(command *chosen, buffer *program) {
  const char *own = getenv("CHARTS_BROWSER");
  const char *list = getenv("BROWSER");
  if (own && *own) {
    if (command_split(chosen, own, strlen(own)) && program_find(program, chosen->words[0]))
      return true;
    free(chosen->text);
    return false;
  }
  for (; list && *list; list += *list == ':') {
    size_t length = strcspn(list, ":");
    buffer_clear(program);
    if (command_split(chosen, list, length) && program_find(program, chosen->words[0]))
      return true;
    free(chosen->text);
    if (chosen->failed || program->failed)
      return false;
    list += length;
  }
  const char *x11 = getenv("DISPLAY");
  const char *wayland = getenv("WAYLAND_DISPLAY");
  buffer_clear(program);
  if (!(x11 && *x11) && !(wayland && *wayland))
    return false;
  if (command_split(chosen, "xdg-open", 8) && program_find(program, "xdg-open"))
    return true;
  free(chosen->text);
  return false;
}

/* How a known browser is asked for a window of its own; *app: by an address given as --app=. */
static const char *window_option(const char *program, bool *app) {
  static const char *const chromes[] = {"chrom", "brave", "edge", "vivaldi", "opera"};
  const char *slash = strrchr(program, '/');
  const char *name = slash ? slash + 1 : program;
  *app = false;
  for (size_t i = 0; i < sizeof chromes / sizeof *chromes; i++)
    if (strcasestr(name, chromes[i])) {
      *app = true;
      return "--new-window";
    }
  return strcasestr(name, "firefox") ? "--new-window" : NULL;
}

/* The arguments of `sh`, which starts the program in the background and ends, so that it is no child of ours. */
static charts_status command_start(const command *from, const char *program, const char *target, browser_place place,
                                   bool address, charts_error *error) {
  const char *arguments[WORDS + 8] = {"/bin/sh", "-c", "\"$@\" >/dev/null 2>&1 </dev/null &", "sh", program};
  size_t count = 5;
  bool app = false;
  bool placed = false;
  buffer app_option = {0};
  const char *option = place == BROWSER_WINDOW ? window_option(program, &app) : NULL;
  if (option && app && address) {
    buffer_add_format(&app_option, "--app=%s", target);
    arguments[count++] = app_option.bytes;
    placed = true;
  } else if (option) {
    arguments[count++] = option;
  }
  for (size_t i = 1; i < from->count; i++) {
    bool here = strcmp(from->words[i], "%s") == 0;
    if (!here)
      arguments[count++] = from->words[i];
    else if (!placed)
      arguments[count++] = target;
    placed = placed || here;
  }
  if (!placed)
    arguments[count++] = target;
  int exit_status = 0;
  charts_status status =
      app_option.failed ? error_memory(error) : program_run(&exit_status, NULL, arguments, START_MS, error);
  buffer_free(&app_option);
  return status;
}

/* The line that makes a server of this machine reachable from another, for somebody who came by SSH. */
static charts_status no_browser(const char *url, charts_error *error) {
  static const char ours[] = "http://127.0.0.1:";
  char host[256] = "HOST";
  (void)gethostname(host, sizeof host - 1);
  host[sizeof host - 1] = 0;
  unsigned long port = strncmp(url, ours, strlen(ours)) == 0 ? strtoul(url + strlen(ours), NULL, 10) : 0;
  if (!port)
    return error_set(error, CHARTS_NOT_FOUND, "no browser can be opened here: open the address yourself");
  return error_set(error, CHARTS_NOT_FOUND,
                   "no browser can be opened here: open the address yourself, from another machine after `ssh -L "
                   "%lu:127.0.0.1:%lu %s`",
                   port, port, host);
}

charts_status browser_open(const char *url, browser_place place, charts_error *error) {
  command chosen = {0};
  buffer program = {0};
  buffer path = {0};
  const char *way = getenv("CHARTS_OPEN");
  bool address = way && strcmp(way, "url") == 0;
  if (!command_choose(&chosen, &program)) {
    bool memory = chosen.failed || program.failed;
    buffer_free(&program);
    return memory ? error_memory(error) : no_browser(url, error);
  }
  charts_status status = address ? CHARTS_OK : redirect_make(&path, url, error);
  if (status == CHARTS_OK)
    status = command_start(&chosen, program.bytes, address ? url : path.bytes, place, address, error);
  buffer_free(&path);
  buffer_free(&program);
  free(chosen.text);
  return status;
}
