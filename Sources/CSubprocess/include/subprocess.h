// Starts a program; the code between fork and exec has to be C.
#pragma once
#include <sys/types.h>

/// Starts `program` in a process group of its own, with standard input from /dev/null and the two others from
/// descriptors above 2; -1, with the reason in `errno`, if that fails.
///
/// It gets no blocked signals, and ends with the thread that has called this function (Linux).
pid_t start_program(const char *program, char *const arguments[], int output, int errors);
