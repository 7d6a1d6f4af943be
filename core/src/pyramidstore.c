#include "pyramidstore.h"

#include "beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_folder(int folder) {
  return beneath_folder(folder, ".charts/pyramid");
}

int pyramidstore_open(int folder, const char *file, bool extend) {
  int in = open_folder(folder);
  if (in < 0)
    return -1;
  int opened = beneath_file(in, file, extend ? O_RDWR : O_RDONLY, NULL);
  (void)close(in);
  return opened;
}

int pyramidstore_create(pyramidstore_new *made, int folder) {
  int file = -1;
  *made = (pyramidstore_new){0};
  int own = beneath_folder(folder, ".charts");
  bool ours = own >= 0 && storage_make_folder(own, "pyramid", "", NULL) == CHARTS_OK;
  if (own >= 0)
    (void)close(own);
  int in = ours ? open_folder(folder) : -1;
  if (in < 0)
    return -1;
  made->made = storage_temporary(&file, made->name, in, "", NULL) == CHARTS_OK;
  (void)close(in);
  return made->made ? file : -1;
}

bool pyramidstore_commit(pyramidstore_new *made, int folder, const char *file, const pyramid_stamp *stamp) {
  int in = made->made ? open_folder(folder) : -1;
  int opened = in >= 0 ? beneath_file(in, made->name, O_RDWR, NULL) : -1;
  bool done = opened >= 0 && pyramid_restamp(opened, stamp) && renameat(in, made->name, in, file) == 0;
  if (done)
    made->made = false;
  if (opened >= 0)
    (void)close(opened);
  if (in >= 0)
    (void)close(in);
  pyramidstore_discard(made, folder);
  return done;
}

void pyramidstore_discard(pyramidstore_new *made, int folder) {
  int in = made->made ? open_folder(folder) : -1;
  if (in >= 0) {
    (void)unlinkat(in, made->name, 0);
    (void)close(in);
  }
  *made = (pyramidstore_new){0};
}

void pyramidstore_remove(int folder, const char *file) {
  int in = open_folder(folder);
  if (in < 0)
    return;
  (void)unlinkat(in, file, 0);
  (void)close(in);
}

void pyramidstore_sweep(int folder, int base) {
  struct stat status;
  int in = open_folder(folder);
  DIR *listing = in >= 0 ? fdopendir(in) : NULL;
  if (listing == NULL) {
    if (in >= 0)
      (void)close(in);
    return;
  }
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
    if (filename_is_series(entry->d_name) && fstatat(base, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
        errno == ENOENT)
      (void)unlinkat(in, entry->d_name, 0);
  (void)closedir(listing);
}
