#include "control.h"
#include "directory.h"
#include "host.h"
#include "serve.h"
#include "serverfile.h"
#include "toolindex.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "charts: asynchronous charts in the browser\n"
    "\n"
    "  charts serve [DIR] [--detach] [--port N]  serve the chart directories in DIR (default: here)\n"
    "  charts url [DIR]                          the address, with its token; starts a server if none runs\n"
    "  charts list DIR                           the series of a chart directory\n"
    "  charts check DIR                          every file that is not a series, and why\n"
    "  charts index DIR                          index long series of other programs ahead of the first look at them\n"
    "  charts stop [DIR]                         end the server of DIR\n"
    "  charts --help | --version\n"
    "\n"
    "DIR is a folder, or a chart directory in it. CHARTS_PORT fixes the port, CHARTS_BASE_URL is the\n"
    "address of a proxy, CHARTS_IDLE the seconds after which a detached server without pages ends.\n";

/* The arguments of one command. */
typedef struct request {
  const char *directory;
  unsigned port;
  bool detach;
} request;

static int failed(const charts_error *error) {
  (void)fprintf(stderr, "charts: %s\n", error->message);
  return 1;
}

__attribute__((format(printf, 1, 2))) static int misused(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)fputs("charts: ", stderr);
  (void)vfprintf(stderr, format, arguments);
  (void)fputs("\n`charts --help` lists the commands.\n", stderr);
  va_end(arguments);
  return 2;
}

/* Text of a file for a terminal: control characters must not reach it. */
static void print_text(const char *text, int width) {
  int columns = 0;
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    (void)putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
    columns += (byte & 0xc0) != 0x80;
  }
  for (; columns < width; columns++)
    (void)putchar(' ');
}

static bool is_chart(const char *path) {
  directory *opened = NULL;
  bool found = directory_open(&opened, path, DIRECTORY_READ, NULL) == CHARTS_OK;
  directory_close(opened);
  return found;
}

/* ---- serve ---- */

static int run_serve(const request *asked) {
  charts_error error;
  char *folder = realpath(asked->directory, NULL);
  struct stat status;
  if (!folder || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
    free(folder);
    return misused("there is no folder %s", asked->directory);
  }
  serve_options options = {.folder = folder, .port = asked->port, .detach = asked->detach};
  charts_status served = serve_run(&options, &error);
  free(folder);
  if (served == CHARTS_OK)
    return 0;
  if (asked->detach) /* the program that started us gives these words to its user */
    (void)fprintf(stderr, "%s\n", error.message);
  return asked->detach ? 1 : failed(&error);
}

/* ---- url and stop ---- */

/* The nearest folder from `path` upwards that a server serves; false when there is none. `path` is cut to it. */
static bool served_above(char *path, serverfile *found) {
  for (;;) {
    if (serverfile_read(found, path, NULL) == CHARTS_OK)
      return true;
    char *slash = strrchr(path, '/');
    if (!slash || !path[1])
      return false;
    slash[slash == path] = 0;
  }
}

/* The folder whose server shows `real`: one that runs, else the folder itself or the one that holds the chart
 * directory. The caller's. */
static char *folder_of(const char *real, bool *runs) {
  serverfile found;
  char *folder = memory_text(real, strlen(real));
  *runs = folder && served_above(folder, &found);
  if (*runs || !folder)
    return folder;
  memcpy(folder, real, strlen(real) + 1);
  char *slash = strrchr(folder, '/');
  if (is_chart(real) && slash)
    slash[slash == folder] = 0;
  return folder;
}

static charts_status write_url(buffer *url, const char *folder, const char *real, charts_error *error) {
  host *server = NULL;
  buffer segment = {0};
  host_options options = {.folder = folder, .interactive = false, .terminal = true};
  charts_status status =
      setenv("CHARTS_SERVER", "process", 1) == 0 ? host_open(&server, &options, error) : error_memory(error);
  if (status == CHARTS_OK && is_chart(real))
    status = host_register(server, real, &segment, error);
  if (status == CHARTS_OK)
    status = host_url(server, segment.length ? segment.bytes : NULL, NULL, url, error);
  host_close(server);
  buffer_free(&segment);
  return status;
}

static int run_url(const request *asked) {
  charts_error error;
  bool runs;
  buffer url = {0};
  char *real = realpath(asked->directory, NULL);
  char *folder = real ? folder_of(real, &runs) : NULL;
  charts_status status = CHARTS_OK;
  if (!real)
    status = error_set(&error, CHARTS_NOT_FOUND, "there is no folder or chart directory %s", asked->directory);
  else if (!folder)
    status = error_memory(&error);
  else
    status = write_url(&url, folder, real, &error);
  if (status == CHARTS_OK)
    (void)printf("%s\n", url.bytes);
  buffer_free(&url);
  free(folder);
  free(real);
  return status == CHARTS_OK ? 0 : failed(&error);
}

/* Waits until the server has ended: its process, so that its port is free too, else (an old kernel) its file. */
static bool wait_stopped(int process, const char *folder) {
  struct pollfd ended = {.fd = process, .events = POLLIN};
  if (process >= 0)
    return poll(&ended, 1, 5000) == 1;
  serverfile found;
  for (int i = 0; i < 250; i++) {
    if (serverfile_read(&found, folder, NULL) == CHARTS_NOT_FOUND)
      return true;
    struct timespec pause = {.tv_nsec = 20 * 1000000};
    (void)nanosleep(&pause, NULL);
  }
  return false;
}

static int run_stop(const request *asked) {
  charts_error error;
  charts_value *answer = NULL;
  serverfile found;
  char *folder = realpath(asked->directory, NULL);
  if (!folder || !served_above(folder, &found)) {
    (void)fprintf(stderr, "charts: no server runs for %s\n", asked->directory);
    free(folder);
    return 0;
  }
  charts_value *body = charts_record();
  int process = (int)syscall(SYS_pidfd_open, (pid_t)found.pid, 0);
  charts_status status = control_post(&answer, folder, &found, "api/stop", body, &error);
  if (status == CHARTS_OK && !wait_stopped(process, folder))
    status = error_set(&error, CHARTS_SERVER, "the server of %s does not end", folder);
  if (process >= 0)
    (void)close(process);
  charts_value_free(answer);
  charts_value_free(body);
  free(folder);
  return status == CHARTS_OK ? 0 : failed(&error);
}

/* ---- list and check ---- */

static charts_status open_listing(directory **opened, directory_listing *listing, const char *path,
                                  charts_error *error) {
  *opened = NULL;
  charts_status status = directory_open(opened, path, DIRECTORY_READ, error);
  return status == CHARTS_OK ? directory_list(listing, *opened, NULL, error) : status;
}

static charts_status count_block(void *context, const series_block *block, charts_error *error) {
  (void)error;
  *(uint64_t *)context += block->count;
  return CHARTS_OK;
}

/* The points of a series as text: "?" when it does not parse to its end. */
static void count_points(char text[24], const directory *opened, const directory_entry *entry) {
  uint64_t count = 0;
  int file = -1;
  (void)snprintf(text, 24, "?");
  if (directory_open_series(&file, NULL, opened, entry->file, NULL) != CHARTS_OK)
    return;
  if (seriesfile_points(file, entry->file, &entry->head, count_block, &count, NULL) == CHARTS_OK)
    (void)snprintf(text, 24, "%llu", (unsigned long long)count);
  close(file);
}

static void print_entry(const directory *opened, const directory_entry *entry) {
  char points[24];
  if (entry->reason)
    return;
  count_points(points, opened, entry);
  print_text(entry->name, 28);
  (void)printf("  %-6s  %12s  %-7s  ", series_kind_name(entry->head.kind), points, entry->head.display ? "yes" : "no");
  print_text(entry->file, 0);
  (void)putchar('\n');
}

static int run_list(const request *asked) {
  charts_error error;
  directory *opened = NULL;
  directory_listing listing = {0};
  size_t broken = 0;
  charts_status status = open_listing(&opened, &listing, asked->directory, &error);
  if (status == CHARTS_OK) {
    (void)printf("%-28s  %-6s  %12s  %-7s  %s\n", "NAME", "KIND", "POINTS", "DISPLAY", "FILE");
    for (size_t i = 0; i < listing.count; i++) {
      print_entry(opened, &listing.entries[i]);
      broken += listing.entries[i].reason != NULL;
    }
    if (broken)
      (void)fprintf(stderr, "%zu %s no series: `charts check %s` says why\n", broken,
                    broken == 1 ? "file is" : "files are", asked->directory);
  }
  directory_listing_free(&listing);
  directory_close(opened);
  return status == CHARTS_OK ? 0 : failed(&error);
}

/* Whether an entry is a whole series; else says why. */
static bool check_entry(const directory *opened, const directory_entry *entry) {
  charts_error error;
  const char *reason = entry->reason;
  int file = -1;
  if (!reason && directory_open_series(&file, NULL, opened, entry->file, &error) != CHARTS_OK)
    reason = error.message;
  if (!reason && seriesfile_check(file, entry->file, &error) != CHARTS_OK)
    reason = error.message;
  if (file >= 0)
    close(file);
  if (!reason)
    return true;
  if (strncmp(reason, entry->file, strlen(entry->file)) != 0) {
    print_text(entry->file, 0);
    (void)fputs(": ", stdout);
  }
  print_text(reason, 0);
  (void)putchar('\n');
  return false;
}

static int run_check(const request *asked) {
  charts_error error;
  directory *opened = NULL;
  directory_listing listing = {0};
  size_t broken = 0;
  charts_status status = open_listing(&opened, &listing, asked->directory, &error);
  if (status == CHARTS_OK) {
    for (size_t i = 0; i < listing.count; i++)
      broken += !check_entry(opened, &listing.entries[i]);
    (void)printf("%zu series, %zu broken\n", listing.count - broken, broken);
  }
  directory_listing_free(&listing);
  directory_close(opened);
  if (status != CHARTS_OK)
    return failed(&error);
  return broken ? 1 : 0;
}

/* ---- Command line ---- */

static int run_index(const request *asked) {
  charts_error error;
  directory *opened = NULL;
  charts_status status = directory_open(&opened, asked->directory, DIRECTORY_READ, &error);
  if (status == CHARTS_OK)
    status = toolindex_run(opened, &error);
  directory_close(opened);
  return status == CHARTS_OK ? 0 : failed(&error);
}

static const struct {
  const char *name;
  int (*run)(const request *asked);
  bool needs_directory;
  bool serves; /* knows --detach and --port */
} commands[] = {{"serve", run_serve, false, true}, {"url", run_url, false, false},    {"list", run_list, true, false},
                {"check", run_check, true, false}, {"index", run_index, true, false}, {"stop", run_stop, false, false}};

static bool read_port(const char *text, unsigned *port) {
  size_t digits = text ? strspn(text, "0123456789") : 0;
  if (!digits || text[digits] || digits > 5)
    return false;
  *port = (unsigned)strtoul(text, NULL, 10);
  return *port >= 1 && *port <= 65535;
}

/* Reads what follows the command. 0, or the exit status after a message. */
static int read_arguments(request *asked, bool serves, int count, char **arguments) {
  bool plain = false;
  for (int i = 0; i < count; i++) {
    const char *word = arguments[i];
    if (!plain && strcmp(word, "--") == 0) {
      plain = true;
    } else if (!plain && serves && strcmp(word, "--detach") == 0) {
      asked->detach = true;
    } else if (!plain && serves && strcmp(word, "--port") == 0) {
      if (!read_port(i + 1 < count ? arguments[++i] : NULL, &asked->port))
        return misused("--port needs a port from 1 to 65535");
    } else if (!plain && word[0] == '-') {
      return misused("unknown option %s", word);
    } else if (asked->directory) {
      return misused("one directory is expected, not also %s", word);
    } else {
      asked->directory = word;
    }
  }
  return 0;
}

int charts_main(int count, char **arguments) {
  const char *name = count > 1 ? arguments[1] : "--help";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
    (void)fputs(help, stdout);
    return count > 1 ? 0 : 2;
  }
  if (strcmp(name, "--version") == 0) {
    (void)printf("charts %s\n", CHARTS_VERSION);
    return 0;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (strcmp(name, commands[i].name) != 0)
      continue;
    request asked = {0};
    int status = read_arguments(&asked, commands[i].serves, count - 2, arguments + 2);
    if (status == 0 && !asked.directory && commands[i].needs_directory)
      status = misused("`charts %s` needs a chart directory", name);
    if (!asked.directory)
      asked.directory = ".";
    return status ? status : commands[i].run(&asked);
  }
  return misused("unknown command %s", name);
}
