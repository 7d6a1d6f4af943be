#include "catalogue.h"

#include "beneath.h"
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH_SEGMENT = 18 }; /* `~`, 16 digits, NUL */

typedef struct registered {
  struct registered *next;
  char segment[HASH_SEGMENT];
  char path[];
} registered;

struct catalogue {
  char *folder;
  pthread_mutex_t mutex;
  registered *first;
};

charts_status catalogue_open(catalogue **opened, const char *folder, charts_error *error) {
  *opened = NULL;
  char *real = realpath(folder, NULL);
  if (!real)
    return error_set(error, CHARTS_NOT_FOUND, "there is no folder %s to serve", folder);
  catalogue *new = memory_new_zeroed(1, sizeof *new);
  if (!new) {
    free(real);
    return error_memory(error);
  }
  new->folder = real;
  pthread_mutex_init(&new->mutex, NULL);
  *opened = new;
  return CHARTS_OK;
}

void catalogue_close(catalogue *opened) {
  if (!opened)
    return;
  while (opened->first) {
    registered *one = opened->first;
    opened->first = one->next;
    free(one);
  }
  pthread_mutex_destroy(&opened->mutex);
  free(opened->folder);
  free(opened);
}

const char *catalogue_folder(const catalogue *opened) {
  return opened->folder;
}

/* ---- Segments ---- */

/* Whether a child of the folder can go by its name: other meanings of the first segment come first. */
static bool name_plain(const char *name) {
  return name[0] != '~' && strcmp(name, "api") != 0 && strcmp(name, "assets") != 0 &&
         strcmp(name, "favicon.ico") != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
         name[0] && utf8_valid(name, strlen(name)) &&
         strcspn(name, "\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a"
                       "\x1b\x1c\x1d\x1e\x1f\x7f") == strlen(name);
}

/* The name of a path that is a direct child of the folder and goes by its name, or NULL. */
static const char *child_name(const catalogue *opened, const char *path) {
  size_t length = strlen(opened->folder);
  if (strcmp(opened->folder, "/") == 0)
    length = 0;
  if (strncmp(path, opened->folder, length) != 0 || path[length] != '/')
    return NULL;
  return name_plain(path + length + 1) ? path + length + 1 : NULL;
}

static void hash_segment(char segment[HASH_SEGMENT], const char *path) {
  snprintf(segment, HASH_SEGMENT, "~%016llx", (unsigned long long)hash_bytes(path, strlen(path)));
}

/* Whether the user has charts of a directory that he cannot write. */
static bool is_cached(int child, const char *folder, const char *name, int *number) {
  buffer path = {0};
  buffer_add_format(&path, strcmp(name, ".") == 0 ? "%s" : "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
  *number = path.failed ? ENOMEM : 0;
  int cache = !path.failed && cache_needed(child) ? cache_open(path.bytes, false) : -1;
  buffer_free(&path);
  if (cache >= 0)
    (void)close(cache);
  return cache >= 0;
}

/* Whether `name` in the folder at a real path is a chart directory, and nothing on the way a link. *number (errno) is
 * not 0 where that cannot be told. */
static bool child_is_chart(const char *folder, const char *name, int *number) {
  struct stat status;
  int parent = beneath_place(folder);
  int child = parent < 0 ? -1 : openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  bool there = child >= 0 && fstatat(child, ".charts", &status, AT_SYMLINK_NOFOLLOW) == 0;
  *number = !there && error_of_process(errno) ? errno : 0; /* a child that cannot be read is none, and harms no other */
  bool found = there && S_ISDIR(status.st_mode);
  if (!found && child >= 0 && *number == 0)
    found = is_cached(child, folder, name, number);
  if (child >= 0)
    close(child);
  if (parent >= 0)
    close(parent);
  return found;
}

static char *child_path(const catalogue *opened, const char *name) {
  buffer path = {0};
  buffer_add_format(&path, "%s/%s", strcmp(opened->folder, "/") == 0 ? "" : opened->folder, name);
  if (!path.failed)
    return path.bytes;
  buffer_free(&path);
  return NULL;
}

charts_status catalogue_find(char **path, catalogue *opened, const char *segment, charts_error *error) {
  *path = NULL;
  bool known = false;
  pthread_mutex_lock(&opened->mutex);
  for (const registered *one = opened->first; one && !known; one = one->next)
    if (strcmp(one->segment, segment) == 0) {
      known = true;
      *path = memory_text(one->path, strlen(one->path));
    }
  pthread_mutex_unlock(&opened->mutex);
  int number = 0;
  if (!known && name_plain(segment) && child_is_chart(opened->folder, segment, &number)) {
    known = true;
    *path = child_path(opened, segment);
  }
  if (number != 0)
    return error_system(error, number, "cannot open the directory", segment);
  if (!known)
    return error_set(error, CHARTS_NOT_FOUND, "there is no chart directory %s here", segment);
  return *path ? CHARTS_OK : error_memory(error);
}

static charts_status registered_add(catalogue *opened, const char *segment, const char *path, charts_error *error) {
  charts_status status = CHARTS_OK;
  pthread_mutex_lock(&opened->mutex);
  registered *one = opened->first;
  while (one && strcmp(one->segment, segment) != 0)
    one = one->next;
  if (!one) {
    one = memory_new(sizeof *one + strlen(path) + 1);
    if (one) {
      memcpy(one->segment, segment, HASH_SEGMENT);
      memcpy(one->path, path, strlen(path) + 1);
      one->next = opened->first;
      opened->first = one;
    } else {
      status = error_memory(error);
    }
  } else if (strcmp(one->path, path) != 0) {
    status =
        error_set(error, CHARTS_SERVER, "%s cannot be served beside %s: their names have one hash", path, one->path);
  }
  pthread_mutex_unlock(&opened->mutex);
  return status;
}

charts_status catalogue_register(buffer *segment, catalogue *opened, const char *path, charts_error *error) {
  if (path[0] != '/')
    return error_set(error, CHARTS_ARGUMENT, "the path of a chart directory must be absolute, not %s", path);
  int number = 0;
  char *real = realpath(path, NULL);
  if (!real && error_of_process(errno))
    return error_system(error, errno, "cannot open the directory", path);
  if (!real || !child_is_chart(real, ".", &number)) {
    free(real);
    if (number != 0)
      return error_system(error, number, "cannot open the directory", path);
    return error_set(error, CHARTS_NOT_FOUND, "%s is not a chart directory", path);
  }
  charts_status status = CHARTS_OK;
  const char *name = child_name(opened, real);
  if (name) {
    buffer_add_text(segment, name);
  } else {
    char hash[HASH_SEGMENT];
    hash_segment(hash, real);
    status = registered_add(opened, hash, real, error);
    buffer_add_text(segment, hash);
  }
  free(real);
  return status == CHARTS_OK && segment->failed ? error_memory(error) : status;
}

/* ---- The list ---- */

static bool has_ending(const char *name, const char *ending) {
  size_t length = strlen(name);
  size_t size = strlen(ending);
  return length > size && strcmp(name + length - size, ending) == 0;
}

/* The list on its way: the first error of the system ends it. */
typedef struct listing_text {
  buffer *to;
  bool any;
  int number; /* errno */
} listing_text;

static void note_trouble(listing_text *in, int number) {
  if (in->number == 0 && (error_of_process(number) || number == EIO))
    in->number = number;
}

/* How many JSON files lie in a directory. */
static size_t count_files(listing_text *in, int folder, const char *below) {
  size_t count = 0;
  int opened = beneath_folder(folder, below);
  DIR *listed = opened >= 0 ? fdopendir(opened) : NULL;
  if (!listed)
    note_trouble(in, errno);
  if (!listed && opened >= 0)
    (void)close(opened);
  errno = 0;
  for (struct dirent *entry; listed && (entry = readdir(listed));)
    count += entry->d_name[0] != '.' && has_ending(entry->d_name, ".json");
  if (listed) {
    note_trouble(in, errno);
    closedir(listed);
  }
  return count;
}

static void write_one(listing_text *in, const char *segment, const char *path) {
  struct stat status;
  buffer *to = in->to;
  int folder = beneath_place(path);
  if (folder < 0 || fstat(folder, &status) != 0) {
    note_trouble(in, errno);
    if (folder >= 0)
      (void)close(folder);
    return;
  }
  const char *slash = strrchr(path, '/');
  const char *name = slash && slash[1] ? slash + 1 : path;
  buffer_add_text(to, in->any ? ",{\"segment\":" : "{\"segment\":");
  in->any = true;
  json_write_text(to, segment, strlen(segment));
  buffer_add_text(to, ",\"name\":");
  json_write_text(to, name, strlen(name));
  buffer_add_text(to, ",\"path\":");
  json_write_text(to, path, strlen(path));
  buffer_add_format(to, ",\"series\":%zu,\"views\":%zu,\"modified\":%lld}", count_files(in, folder, "."),
                    count_files(in, folder, ".charts/views"),
                    (long long)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000);
  (void)close(folder);
}

static int chart_child(const struct dirent *entry) {
  return entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static void write_child(listing_text *in, catalogue *opened, const char *name) {
  int number = 0;
  bool chart = utf8_valid(name, strlen(name)) && child_is_chart(opened->folder, name, &number);
  note_trouble(in, number);
  if (!chart)
    return;
  char *path = child_path(opened, name);
  char hash[HASH_SEGMENT];
  if (path && name_plain(name)) {
    write_one(in, name, path);
  } else if (path) {
    hash_segment(hash, path);
    if (registered_add(opened, hash, path, NULL) != CHARTS_OK)
      in->to->failed = true;
  } else {
    in->to->failed = true;
  }
  free(path);
}

static void write_children(listing_text *in, catalogue *opened) {
  struct dirent **children = NULL;
  int folder = beneath_place(opened->folder);
  int count = folder < 0 ? -1 : scandirat(folder, ".", &children, chart_child, alphasort);
  if (count < 0)
    note_trouble(in, errno);
  if (folder >= 0)
    (void)close(folder);
  for (int i = 0; i < count; i++) {
    write_child(in, opened, children[i]->d_name);
    free(children[i]);
  }
  if (count >= 0)
    free(children);
}

/* The paths are copied out, so that the lock is not held over the disk. */
static void write_registered(listing_text *in, catalogue *opened) {
  buffer paths = {0};
  pthread_mutex_lock(&opened->mutex);
  for (const registered *one = opened->first; one; one = one->next)
    buffer_add(&paths, one->path, strlen(one->path) + 1);
  pthread_mutex_unlock(&opened->mutex);
  for (size_t at = 0; at < paths.length; at += strlen(paths.bytes + at) + 1) {
    char segment[HASH_SEGMENT];
    int number = 0;
    hash_segment(segment, paths.bytes + at);
    if (child_is_chart(paths.bytes + at, ".", &number))
      write_one(in, segment, paths.bytes + at);
    note_trouble(in, number);
  }
  in->to->failed = in->to->failed || paths.failed;
  buffer_free(&paths);
}

charts_status catalogue_write(buffer *to, catalogue *opened, charts_error *error) {
  listing_text in = {.to = to};
  buffer_add_text(to, "{\"folder\":");
  json_write_text(to, opened->folder, strlen(opened->folder));
  buffer_add_text(to, ",\"directories\":[");
  write_children(&in, opened);
  write_registered(&in, opened);
  buffer_add_text(to, "]}");
  if (in.number != 0)
    return error_system(error, in.number, "cannot list the folder", opened->folder);
  return to->failed ? error_memory(error) : CHARTS_OK;
}
