#include "buffer.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocations that still succeed; negative: all. Only tests set it. */
static atomic_long successes_left = -1;
static atomic_bool fail_forever = false;

void memory_fail_after(long successes, bool forever) {
  atomic_store(&fail_forever, forever);
  atomic_store(&successes_left, successes);
}

static bool strikes(void) {
  long left = atomic_load_explicit(&successes_left, memory_order_relaxed);
  if (left < 0)
    return false;
  if (left > 0) {
    atomic_fetch_sub(&successes_left, 1);
    return false;
  }
  if (!atomic_load(&fail_forever))
    atomic_store(&successes_left, -1);
  return true;
}

void *memory_new(size_t size) {
  return strikes() ? NULL : malloc(size > 0 ? size : 1);
}

void *memory_new_zeroed(size_t count, size_t size) {
  return strikes() ? NULL : calloc(count > 0 ? count : 1, size > 0 ? size : 1);
}

void *memory_resize(void *memory, size_t size) {
  return strikes() ? NULL : realloc(memory, size > 0 ? size : 1);
}

char *memory_text(const char *bytes, size_t length) {
  char *copy = memory_new(length + 1);
  if (copy == NULL)
    return NULL;
  if (length > 0)
    memcpy(copy, bytes, length);
  copy[length] = '\0';
  return copy;
}

/* Makes room for `length` more bytes and a NUL. */
static bool grow(buffer *to, size_t length) {
  if (to->failed)
    return false;
  if (length < to->capacity && to->length < to->capacity - length)
    return true;
  if (length > SIZE_MAX / 2 - to->length) {
    to->failed = true;
    return false;
  }
  size_t wanted = to->length + length + 1;
  size_t capacity = to->capacity < 64 ? 64 : to->capacity + to->capacity / 2;
  if (capacity < wanted)
    capacity = wanted;
  char *bytes = memory_resize(to->bytes, capacity);
  if (bytes == NULL) {
    to->failed = true;
    return false;
  }
  to->bytes = bytes;
  to->capacity = capacity;
  return true;
}

void buffer_add(buffer *to, const void *bytes, size_t length) {
  if (!grow(to, length))
    return;
  if (length > 0)
    memcpy(to->bytes + to->length, bytes, length);
  buffer_grew(to, length);
}

void buffer_add_text(buffer *to, const char *text) {
  buffer_add(to, text, strlen(text));
}

void buffer_add_char(buffer *to, char character) {
  buffer_add(to, &character, 1);
}

void buffer_add_format(buffer *to, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0)
    to->failed = true;
  else if (grow(to, (size_t)length)) {
    (void)vsnprintf(to->bytes + to->length, (size_t)length + 1, format, again);
    to->length += (size_t)length;
  }
  va_end(again);
}

char *buffer_room(buffer *to, size_t length) {
  return grow(to, length) ? to->bytes + to->length : NULL;
}

void buffer_clear(buffer *to) {
  to->length = 0;
  to->failed = false;
  if (to->bytes != NULL)
    to->bytes[0] = '\0';
}

void buffer_free(buffer *to) {
  free(to->bytes);
  *to = (buffer){0};
}

uint64_t hash_bytes(const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < length; i++) {
    hash ^= at[i];
    hash *= UINT64_C(1099511628211);
  }
  return hash;
}
