// Clocks, cores, memory counters and the floating-point mode of a thread: what the C library or the CPU knows.
#pragma once
#include <stdint.h>

/// Time since some moment in the past.
uint64_t monotonic_nanoseconds(void);

/// The time that all threads of this process have been computing.
uint64_t processor_nanoseconds(void);

/// The most memory this process has had so far, in bytes.
int64_t peak_memory(void);

/// Tells the CPU that this thread is waiting in a loop.
static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// How this thread rounds.
static inline uint64_t floating_point_mode(void) {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
#else
  return 0;
#endif
}

/// Sets how this thread rounds.
static inline void set_floating_point_mode(uint64_t mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((uint32_t)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#endif
}

/// `mode` with denormal numbers rounded to zero: arithmetic with them is a hundred times slower.
static inline uint64_t flushing_denormals(uint64_t mode) {
#if defined(__x86_64__)
  return mode | 0x8040;
#elif defined(__aarch64__)
  return mode | (1u << 24);
#else
  return mode;
#endif
}

/// The cores this process may run on, at least 1.
int32_t usable_core_count(void);
