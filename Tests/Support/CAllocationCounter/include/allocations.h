// Counts the memory allocations of the process it is linked into.
#pragma once
#include <stdint.h>

/// How often memory has been allocated so far; always 0 where that is not known.
int64_t allocations(void);

/// How often the calling thread has allocated memory so far.
int64_t allocations_of_this_thread(void);
