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

/// Lane i is the sum of the lanes of vector i.
static inline lanes lane_sums(const void *_Nonnull vectors) {
  lanes sums[LANES];
  for (int i = 0; i < LANES; ++i) sums[i] = ((const lanes *)vectors)[i];
  // Two vectors become one: halves, then quarters of it and so on belong to one of the first vectors each.
#if LANES == 16
  for (int i = 0; i < 8; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
              __builtin_shufflevector(sums[i], sums[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  for (int i = 0; i < 4; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +
              __builtin_shufflevector(sums[i], sums[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  for (int i = 0; i < 2; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
              __builtin_shufflevector(sums[i], sums[i + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  return __builtin_shufflevector(sums[0], sums[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
         __builtin_shufflevector(sums[0], sums[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
#elif LANES == 8
  for (int i = 0; i < 4; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 4], 0, 1, 2, 3, 8, 9, 10, 11) +
              __builtin_shufflevector(sums[i], sums[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  for (int i = 0; i < 2; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 2], 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(sums[i], sums[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  return __builtin_shufflevector(sums[0], sums[1], 0, 8, 2, 10, 4, 12, 6, 14) +
         __builtin_shufflevector(sums[0], sums[1], 1, 9, 3, 11, 5, 13, 7, 15);
#else
  for (int i = 0; i < 2; ++i)
    sums[i] = __builtin_shufflevector(sums[i], sums[i + 2], 0, 1, 4, 5) + __builtin_shufflevector(sums[i], sums[i + 2], 2, 3, 6, 7);
  return __builtin_shufflevector(sums[0], sums[1], 0, 4, 2, 6) + __builtin_shufflevector(sums[0], sums[1], 1, 5, 3, 7);
#endif
}

/// Every lane as a floating-point number.
static inline lanes lanes_of_integers(integer_lanes x) { return __builtin_convertvector(x, lanes); }

/// Every lane's whole part.
static inline integer_lanes lanes_truncated(lanes x) { return __builtin_convertvector(x, integer_lanes); }

/// The number in `table` at each lane's place.
static inline random_lanes lanes_gathered(const uint32_t *_Nonnull table, integer_lanes places) {
  random_lanes found;
  for (int i = 0; i < LANES; ++i) found[i] = table[places[i]];
  return found;
}

typedef uint8_t byte_lanes __attribute__((ext_vector_type(LANES)));

/// As many bytes as there are lanes, as numbers.
static inline integer_lanes lanes_of_bytes(const uint8_t *_Nonnull bytes) {
  byte_lanes values;
  __builtin_memcpy(&values, bytes, LANES);
  return __builtin_convertvector(values, integer_lanes);
}

/// Writes the lowest byte of each of the first `count` lanes.
static inline void store_lanes_as_bytes(integer_lanes values, uint8_t *_Nonnull bytes, int64_t count) {
  byte_lanes lowest = __builtin_convertvector(values, byte_lanes);
  if (count >= LANES)
    __builtin_memcpy(bytes, &lowest, LANES);
  else
    for (int64_t i = 0; i < count; ++i) bytes[i] = lowest[i];
}

typedef float eight_floats __attribute__((ext_vector_type(8), aligned(4)));

/// Turns 8 rows of 8 floats, `stride` floats apart, into 8 columns, `target_stride` floats apart.
static inline void transpose_8x8(const float *_Nonnull source, int64_t stride, float *_Nonnull target,
                                 int64_t target_stride) {
  eight_floats rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = *(const eight_floats *)(source + i * stride);
  eight_floats pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; ++j) {
      fours[i + j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + j + 2] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; ++i) {
    *(eight_floats *)(target + target_stride * i) = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(eight_floats *)(target + target_stride * (i + 4)) =
        __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Fetches a line into the cache that will be read soon.
static inline void prefetch(const void *_Nonnull place) { __builtin_prefetch(place); }

/// Fetches a line into the cache that will be written soon.
static inline void prefetch_to_write(void *_Nonnull place) { __builtin_prefetch(place, 1); }
