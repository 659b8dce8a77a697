// Counts the memory allocations of the process it is linked into.
#pragma once
#include <stdint.h>

/// The number of memory allocations of the process so far; 0 where they are not counted.
int64_t allocations(void);

/// The number of memory allocations of the calling thread so far; 0 where they are not counted.
int64_t allocations_of_this_thread(void);
