// SwiftPM wants a C file in a target of headers.
#include "simd.h"
