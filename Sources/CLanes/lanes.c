#define _GNU_SOURCE
#include "lanes.h"
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

int32_t usable_core_count(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? (int32_t)cores : 1;
}
