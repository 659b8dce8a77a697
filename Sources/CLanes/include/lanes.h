// The vector a lane block is made of, as wide as the CPU this file is compiled for.
#pragma once
#include <stdint.h>

#if defined(__AVX512F__)
#define LANES 16
#define LANE_CPU "AVX-512"
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define LANE_CPU "AVX2"
#else
#define LANES 4
#define LANE_CPU "128-bit SIMD"
#endif

typedef float lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t integer_lanes __attribute__((ext_vector_type(LANES)));
typedef uint32_t random_lanes __attribute__((ext_vector_type(LANES)));

/// Images in a block.
static const int32_t lane_count = LANES;
/// Vector registers the CPU has: they decide how large a kernel's register tile can be.
#if defined(__AVX512F__) || defined(__aarch64__)
static const int32_t vector_register_count = 32;
#else
static const int32_t vector_register_count = 16;
#endif

/// The instruction set the engine was built for.
static inline const char *_Nonnull lane_cpu_name(void) { return LANE_CPU; }

/// 1 when the CPU that runs this has the instructions the engine was built for.
static inline int lane_cpu_is_supported(void) {
#if defined(__AVX512F__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__) && defined(__FMA__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 1;
#endif
}

/// The root of every lane in one instruction; Swift's `squareRoot()` takes them one by one.
static inline lanes lanes_square_root(lanes x) { return __builtin_elementwise_sqrt(x); }

/// Fetches a line into the cache that will be read soon.
static inline void prefetch(const void *_Nonnull place) { __builtin_prefetch(place); }

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
