#include "snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *watch_kind_name(watch_kind kind) {
  static const char *const names[] = {"added", "replaced", "appended", "removed", "settings"};
  return names[kind];
}

void snapshot_free(snapshot *of) {
  for (size_t i = 0; i < of->count; i++) {
    free(of->items[i].file);
    free(of->items[i].name);
  }
  free(of->items);
  *of = (snapshot){0};
}

static int seen_order(const void *left, const void *right) {
  const seen *a = left;
  const seen *b = right;
  return a->settings != b->settings ? a->settings - b->settings : strcmp(a->file, b->file);
}

static bool seen_series(seen *item, const directory_entry *entry, int descriptor) {
  struct stat status;
  item->file = memory_text(entry->file, strlen(entry->file));
  item->name = entry->name ? memory_text(entry->name, strlen(entry->name)) : NULL;
  memcpy(item->stamp, entry->stamp, sizeof item->stamp);
  item->size = entry->size;
  item->broken = entry->reason != NULL;
  item->inode = fstatat(descriptor, entry->file, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino : 0;
  return item->file && (item->name || !entry->name);
}

/* Settings are read where they are written, if they are there. */
static bool seen_settings(seen *item, const char *name, const directory *of) {
  char file[FILE_NAME_ROOM];
  char path[FILE_NAME_ROOM + 32];
  struct stat status = {0};
  directory_file_name(file, name, strlen(name));
  snprintf(path, sizeof path, ".charts/settings/%s", file);
  if (fstatat(directory_own(of), path, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
      fstatat(directory_descriptor(of), path, &status, AT_SYMLINK_NOFOLLOW) == 0)
    seriesfile_stamp(item->stamp, &status);
  item->settings = true;
  item->file = memory_text(file, strlen(file));
  item->name = memory_text(name, strlen(name));
  return item->file && item->name;
}

bool snapshot_take(snapshot *taken, const directory_listing *listing, const directory *of) {
  *taken = (snapshot){.items = memory_new_zeroed(listing->count + listing->settings_count + 1, sizeof(seen))};
  if (!taken->items)
    return false;
  bool whole = true;
  for (size_t i = 0; whole && i < listing->count; i++)
    whole = seen_series(&taken->items[taken->count++], &listing->entries[i], directory_descriptor(of));
  for (size_t i = 0; whole && i < listing->settings_count; i++)
    whole = seen_settings(&taken->items[taken->count++], listing->settings[i], of);
  if (whole)
    qsort(taken->items, taken->count, sizeof(seen), seen_order);
  else
    snapshot_free(taken);
  return whole;
}

void snapshot_doubt(snapshot *told, const directory_listing *shown) {
  for (size_t i = 0; told->count > 0 && i < shown->count; i++) {
    const directory_entry *entry = &shown->entries[i];
    const seen key = {.file = entry->file};
    seen *item = entry->reason != NULL && entry->stamp[0] == '\0'
                     ? bsearch(&key, told->items, told->count, sizeof *told->items, seen_order)
                     : NULL;
    if (item != NULL) {
      item->broken = true;
      item->stamp[0] = '\0';
    }
  }
}

/* The change from `was` to `is` (one of them may be NULL); false when pages need not be told of it. */
static bool seen_change(watch_change *change, const seen *was, const seen *is) {
  const seen *item = is ? is : was;
  if (!item)
    return false;
  *change = (watch_change){.file = item->settings ? NULL : item->file, .name = item->name};
  if (item->settings) {
    change->kind = WATCH_SETTINGS;
    return is && (!was || strcmp(was->stamp, is->stamp) != 0);
  }
  bool before = was && !was->broken;
  bool after = is && !is->broken;
  if (before != after) {
    change->kind = after ? WATCH_ADDED : WATCH_REMOVED;
    change->name = after ? is->name : was->name;
    return true;
  }
  bool grown = before && after && was->inode == is->inode && is->size > was->size;
  change->kind = grown ? WATCH_APPENDED : WATCH_REPLACED;
  return before && after && strcmp(was->stamp, is->stamp) != 0;
}

/* Both snapshots are in one order: a merge finds what changed. */
watch_change *snapshot_compare(const snapshot *was, const snapshot *is, size_t *count, bool *differs) {
  watch_change *changes = memory_new_zeroed(was->count + is->count + 1, sizeof *changes);
  size_t a = 0;
  size_t b = 0;
  *count = 0;
  *differs = false;
  while (changes && (a < was->count || b < is->count)) {
    int order = a == was->count ? 1 : b == is->count ? -1 : seen_order(&was->items[a], &is->items[b]);
    const seen *old = order <= 0 ? &was->items[a++] : NULL;
    const seen *new = order >= 0 ? &is->items[b++] : NULL;
    *count += seen_change(&changes[*count], old, new);
    *differs = *differs || !old || !new || strcmp(old->stamp, new->stamp) != 0;
  }
  *differs = *differs || *count;
  return changes;
}
