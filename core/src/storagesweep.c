/* Temporaries of killed processes; declared in storage.h. */
#include "storage.h"

#include "beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SWEEP_SECONDS = 60 };

static void sweep_folder(int directory_file, const char *name) {
  int folder = beneath_folder(directory_file, name);
  DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
  if (listing == NULL) {
    if (folder >= 0)
      (void)close(folder);
    return;
  }
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    struct stat status;
    if (storage_is_temporary(entry->d_name) && fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode))
      (void)unlinkat(folder, entry->d_name, 0);
  }
  (void)closedir(listing);
}

/* The mtime of the lock file is when it was last swept: so a put costs no listing of the directory. */
static bool is_due(int file) {
  struct stat status;
  time_t now = time(NULL);
  return fstat(file, &status) == 0 && (now - status.st_mtime > SWEEP_SECONDS || status.st_mtime > now);
}

void storage_sweep(int folder, bool now) {
  static const char *const folders[] = {".", ".charts", ".charts/views", ".charts/settings", ".charts/pyramid"};
  storage_lock lock;
  if (!storage_lock_try_temporaries(&lock, folder))
    return;
  if (now || is_due(lock.file)) {
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
      sweep_folder(folder, folders[i]);
    (void)futimens(lock.file, NULL);
  }
  storage_lock_release(&lock);
}
