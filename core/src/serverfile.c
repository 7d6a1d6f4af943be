#include "serverfile.h"

#include "filebytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

charts_status serverfile_folder(buffer *path, charts_error *error) {
  struct stat status;
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  buffer folder = {0};
  if (runtime && runtime[0] == '/' && stat(runtime, &status) == 0 && S_ISDIR(status.st_mode) &&
      status.st_uid == geteuid())
    buffer_add_format(&folder, "%s/charts", runtime);
  else
    buffer_add_format(&folder, "/tmp/charts-%lu", (unsigned long)geteuid());
  if (folder.failed)
    return error_memory(error);
  charts_status result = CHARTS_OK;
  if (mkdir(folder.bytes, 0700) != 0 && errno != EEXIST)
    result = error_system(error, errno, "cannot make", folder.bytes);
  else if (lstat(folder.bytes, &status) != 0)
    result = error_system(error, errno, "cannot read", folder.bytes);
  else if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
    result = error_set(error, CHARTS_REFUSED,
                       "%s must be a directory of yours with mode 0700: it holds the server's token", folder.bytes);
  else
    buffer_add(path, folder.bytes, folder.length);
  buffer_free(&folder);
  return result == CHARTS_OK && path->failed ? error_memory(error) : result;
}

static charts_status file_path(buffer *path, const char *folder, charts_error *error) {
  charts_status status = serverfile_folder(path, error);
  if (status != CHARTS_OK)
    return status;
  buffer_add_format(path, "/%016llx.json", (unsigned long long)hash_bytes(folder, strlen(folder)));
  return path->failed ? error_memory(error) : CHARTS_OK;
}

/* fcntl with a lock, which file systems of other machines let signals interrupt. */
static int lock_call(int descriptor, int what, struct flock *lock) {
  int result;
  do
    result = fcntl(descriptor, what, lock);
  while (result != 0 && errno == EINTR);
  return result;
}

/* ---- Reading ---- */

static bool locked(int descriptor) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return lock_call(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool read_content(serverfile *found, int descriptor, const char *folder) {
  char text[8192];
  charts_value *content = NULL;
  size_t length = 0;
  if (filebytes_read(descriptor, "the server file", text, sizeof text, 0, &length, NULL) != CHARTS_OK ||
      value_parse(&content, text, length, NULL) != CHARTS_OK)
    return false;
  const char *of = charts_value_text(charts_value_get(content, "folder"), NULL);
  const char *token = charts_value_text(charts_value_get(content, "token"), NULL);
  double port = charts_value_number(charts_value_get(content, "port"));
  bool valid =
      of && strcmp(of, folder) == 0 && token && strlen(token) < SERVERFILE_TOKEN_ROOM && port >= 1 && port <= 65535;
  if (valid) {
    *found = (serverfile){.port = (unsigned)port, .pid = (long)charts_value_number(charts_value_get(content, "pid"))};
    memcpy(found->token, token, strlen(token) + 1);
  }
  charts_value_free(content);
  return valid;
}

charts_status serverfile_read(serverfile *found, const char *folder, charts_error *error) {
  struct stat status;
  buffer path = {0};
  charts_status result = file_path(&path, folder, error);
  int descriptor = result == CHARTS_OK ? open(path.bytes, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) : -1;
  buffer_free(&path);
  if (result != CHARTS_OK)
    return result;
  bool own =
      descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
  if (!own || !locked(descriptor))
    result = error_set(error, CHARTS_NOT_FOUND, "no server runs for the folder %s", folder);
  else if (!read_content(found, descriptor, folder))
    result = error_set(error, CHARTS_REFUSED, "the server of the folder %s is starting", folder);
  if (descriptor >= 0)
    close(descriptor);
  return result;
}

/* ---- Holding ---- */

/* Whether the open file is still the one at `path`: a server that ended may have removed it in between. */
static bool same_file(int descriptor, const char *path) {
  struct stat held;
  struct stat named;
  return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

static charts_status hold_path(int *descriptor, const char *path, charts_error *error) {
  for (int attempt = 0; attempt < 100; attempt++) {
    int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file < 0)
      return error_system(error, errno, "cannot open", path);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (lock_call(file, F_OFD_SETLK, &lock) != 0) {
      int number = errno;
      close(file);
      if (number == EAGAIN || number == EACCES)
        return error_set(error, CHARTS_REFUSED, "a server of this folder runs already");
      return error_system(error, number, "cannot lock", path);
    }
    if (same_file(file, path)) {
      (void)fchmod(file, 0600);
      if (ftruncate(file, 0) == 0) { /* what a dead server left must not be taken for ours */
        *descriptor = file;
        return CHARTS_OK;
      }
    }
    close(file);
  }
  return error_set(error, CHARTS_IO, "%s is replaced again and again", path);
}

charts_status serverfile_hold(int *descriptor, const char *folder, charts_error *error) {
  buffer path = {0};
  *descriptor = -1;
  charts_status status = file_path(&path, folder, error);
  if (status == CHARTS_OK)
    status = hold_path(descriptor, path.bytes, error);
  buffer_free(&path);
  return status;
}

charts_status serverfile_write(int descriptor, const char *folder, const serverfile *content, charts_error *error) {
  buffer text = {0};
  buffer_add_text(&text, "{\"folder\":");
  json_write_text(&text, folder, strlen(folder));
  buffer_add_format(&text, ",\"pid\":%ld,\"port\":%u,\"token\":\"%s\",\"version\":\"%s\"}\n", content->pid,
                    content->port, content->token, CHARTS_VERSION);
  charts_status status = CHARTS_OK;
  if (text.failed)
    status = error_memory(error);
  else
    status = filebytes_write(descriptor, "the server file", text.bytes, text.length, 0, error);
  buffer_free(&text);
  return status;
}

void serverfile_drop(int descriptor, const char *folder) {
  buffer path = {0};
  if (file_path(&path, folder, NULL) == CHARTS_OK && same_file(descriptor, path.bytes))
    (void)unlink(path.bytes);
  buffer_free(&path);
  close(descriptor);
}
