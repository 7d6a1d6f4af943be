/* A growing byte buffer, and the one seam through which the core allocates, so that tests can make it fail. */
#ifndef CHARTS_SRC_BUFFER_H
#define CHARTS_SRC_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Like malloc, calloc, realloc and strndup; NULL when memory is out or the fault counter strikes. Freed by free(). */
void *memory_new(size_t size);
void *memory_new_zeroed(size_t count, size_t size);
void *memory_resize(void *memory, size_t size);
char *memory_text(const char *bytes, size_t length);

/* Tests: the allocation after `successes` more ones fails (and all later ones when `forever`); negative: none fails. */
void memory_fail_after(long successes, bool forever);

/* Bytes [0, length) are in use; `bytes` is always NUL-terminated once anything was added. `failed` is sticky: after a
 * failed allocation further additions do nothing, so that only the end needs a check. All zero is an empty buffer. */
typedef struct buffer {
  char *bytes;
  size_t length;
  size_t capacity;
  bool failed;
} buffer;

void buffer_add(buffer *to, const void *bytes, size_t length);
void buffer_add_text(buffer *to, const char *text);
void buffer_add_char(buffer *to, char character);
__attribute__((format(printf, 2, 3))) void buffer_add_format(buffer *to, const char *format, ...);
/* Room for `length` more bytes behind the end, or NULL; the caller writes there and says how many by buffer_grew. */
char *buffer_room(buffer *to, size_t length);
/* So many bytes, at most those that there is room for, were written behind the end: ends them with a NUL. */
static inline void buffer_grew(buffer *to, size_t length) {
  to->length += length;
  to->bytes[to->length] = '\0';
}
void buffer_clear(buffer *to);
/* Frees the bytes; the buffer is empty afterwards and may be used again. */
void buffer_free(buffer *to);

/* FNV-1a, 64 bits (Fowler, Noll, Vo): ids of views, names of files, registered directories. */
uint64_t hash_bytes(const void *bytes, size_t length);

#endif
