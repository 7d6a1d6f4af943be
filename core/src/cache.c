#include "cache.h"

#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

/* Opens a folder below `parent`, which is closed. */
static int enter(int parent, const char *name, bool make) {
  if (parent < 0)
    return -1;
  bool there = !make || mkdirat(parent, name, 0700) == 0 || errno == EEXIST;
  int entered = there ? openat(parent, name, FOLDER | O_NOFOLLOW) : -1;
  (void)close(parent);
  return entered;
}

int cache_open(const char *path, bool make) {
  const char *cache = getenv("XDG_CACHE_HOME");
  const char *home = getenv("HOME");
  char hash[24];
  struct stat status;
  int base = -1;
  (void)snprintf(hash, sizeof hash, "%016" PRIx64, hash_bytes(path, strlen(path)));
  if (cache != NULL && cache[0] == '/')
    base = open(cache, FOLDER);
  else if (home != NULL && home[0] == '/')
    base = enter(open(home, FOLDER), ".cache", make);
  int found = enter(enter(base, "charts", make), hash, make);
  if (found < 0)
    return -1;
  if (make)
    (void)mkdirat(found, ".charts", 0700);
  if (fstatat(found, ".charts", &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
    return found;
  (void)close(found);
  return -1;
}

bool cache_needed(int folder) {
  const char *place = faccessat(folder, ".charts", F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT ? ".charts" : ".";
  if (faccessat(folder, place, W_OK | X_OK, AT_EACCESS) == 0)
    return false;
  return errno == EACCES || errno == EPERM || errno == EROFS; /* of any other error the writing will tell */
}
