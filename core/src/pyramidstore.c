#include "pyramidstore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW };

static int own_folder(int folder) {
  return openat(folder, ".charts/pyramid", FOLDER);
}

/* Opens a folder of the user's own below `parent`, made when missing. */
static int enter(int parent, const char *name) {
  if (parent < 0)
    return -1;
  if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) {
    (void)close(parent);
    return -1;
  }
  int entered = openat(parent, name, FOLDER);
  (void)close(parent);
  return entered;
}

int pyramidstore_cache(const char *path, const char *name) {
  const char *cache = getenv("XDG_CACHE_HOME");
  const char *home = getenv("HOME");
  char hash[24];
  int base = -1;
  (void)snprintf(hash, sizeof hash, "%016" PRIx64, hash_bytes(path, strlen(path)));
  if (cache != NULL && cache[0] == '/')
    base = open(cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  else if (home != NULL && home[0] == '/')
    base = enter(open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ".cache");
  return enter(enter(enter(base, "charts"), hash), name);
}

static int open_in(int folder, const char *file, bool extend) {
  struct stat status;
  if (folder < 0)
    return -1;
  int opened = openat(folder, file, (extend ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  (void)close(folder);
  if (opened >= 0 && (fstat(opened, &status) != 0 || !S_ISREG(status.st_mode))) {
    (void)close(opened);
    return -1;
  }
  return opened;
}

int pyramidstore_open(int folder, const char *path, const char *file, bool extend) {
  int opened = open_in(own_folder(folder), file, extend);
  if (opened >= 0 || faccessat(folder, ".charts", W_OK, AT_EACCESS) == 0)
    return opened;
  return open_in(pyramidstore_cache(path, "pyramid"), file, extend);
}

static int create_in(pyramidstore_new *made, int folder, bool cached, const char *path) {
  int file = -1;
  if (folder < 0)
    return -1;
  made->made = storage_temporary(&file, made->name, folder, path, NULL) == CHARTS_OK;
  made->cached = cached;
  (void)close(folder);
  return made->made ? file : -1;
}

int pyramidstore_create(pyramidstore_new *made, int folder, const char *path) {
  struct stat status;
  *made = (pyramidstore_new){0};
  bool ours = fstatat(folder, ".charts", &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
              storage_make_folder(folder, ".charts/pyramid", path, NULL) == CHARTS_OK;
  int file = create_in(made, ours ? own_folder(folder) : -1, false, path);
  return file >= 0 ? file : create_in(made, pyramidstore_cache(path, "pyramid"), true, path);
}

static int folder_of(const pyramidstore_new *made, int folder, const char *path) {
  return made->cached ? pyramidstore_cache(path, "pyramid") : own_folder(folder);
}

void pyramidstore_commit(pyramidstore_new *made, int folder, const char *path, const char *file,
                         const pyramid_stamp *stamp) {
  int in = made->made ? folder_of(made, folder, path) : -1;
  int opened = in >= 0 ? openat(in, made->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
  if (opened >= 0 && pyramid_restamp(opened, stamp) && renameat(in, made->name, in, file) == 0)
    made->made = false;
  if (opened >= 0)
    (void)close(opened);
  if (in >= 0)
    (void)close(in);
  pyramidstore_discard(made, folder, path);
}

void pyramidstore_discard(pyramidstore_new *made, int folder, const char *path) {
  int in = made->made ? folder_of(made, folder, path) : -1;
  if (in >= 0) {
    (void)unlinkat(in, made->name, 0);
    (void)close(in);
  }
  *made = (pyramidstore_new){0};
}

void pyramidstore_remove(int folder, const char *path, const char *file) {
  int own = own_folder(folder);
  if (own >= 0) {
    (void)unlinkat(own, file, 0);
    (void)close(own);
  }
  if (faccessat(folder, ".charts", W_OK, AT_EACCESS) == 0)
    return;
  int cache = pyramidstore_cache(path, "pyramid");
  if (cache >= 0) {
    (void)unlinkat(cache, file, 0);
    (void)close(cache);
  }
}

void pyramidstore_sweep(int folder, const char *path) {
  struct stat status;
  (void)path;
  int own = own_folder(folder);
  DIR *listing = own >= 0 ? fdopendir(own) : NULL;
  if (listing == NULL) {
    if (own >= 0)
      (void)close(own);
    return;
  }
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
    if (filename_is_series(entry->d_name) && fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
        errno == ENOENT)
      (void)unlinkat(own, entry->d_name, 0);
  (void)closedir(listing);
}
