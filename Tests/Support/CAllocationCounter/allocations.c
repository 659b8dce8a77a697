#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "allocations.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#endif

#if defined(__GLIBC__) && !defined(IS_SANITIZED)

// The program's own definitions take the place of the C library's and call them by their other names. They are weak:
// where the C library is linked statically its own stay, and nothing is counted.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic int64_t of_all_threads;
static _Thread_local int64_t of_this_thread;

static void count(void) {
  atomic_fetch_add_explicit(&of_all_threads, 1, memory_order_relaxed);
  ++of_this_thread;
}

__attribute__((weak)) void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

__attribute__((weak)) void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

__attribute__((weak)) void *realloc(void *place, size_t size) {
  count();
  return __libc_realloc(place, size);
}

__attribute__((weak)) void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

__attribute__((weak)) void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

__attribute__((weak)) int posix_memalign(void **place, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *place = memory;
  return 0;
}

int64_t allocations(void) { return atomic_load_explicit(&of_all_threads, memory_order_relaxed); }
int64_t allocations_of_this_thread(void) { return of_this_thread; }

#else

int64_t allocations(void) { return 0; }
int64_t allocations_of_this_thread(void) { return 0; }

#endif
