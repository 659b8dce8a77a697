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

// These definitions replace those of the C library, which they call by its internal names. They are weak: if the C
// library is linked statically, its own are used, and nothing is counted.
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

__attribute__((weak)) void *realloc(void *block, size_t size) {
  count();
  return __libc_realloc(block, size);
}

__attribute__((weak)) void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

__attribute__((weak)) void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

__attribute__((weak)) int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

int64_t allocations(void) { return atomic_load_explicit(&of_all_threads, memory_order_relaxed); }
int64_t allocations_of_this_thread(void) { return of_this_thread; }

#else

int64_t allocations(void) { return 0; }
int64_t allocations_of_this_thread(void) { return 0; }

#endif
