// Loading a library by the name that carries its binary interface's version.
#pragma once
#include "picture_libraries.h"

/// A function of a library.
struct library_symbol {
  const char *name;
  void *target;
};

/// Loads the library `soname` and stores the address of each of `count` functions at its target.
///
/// Returns false, with the reason in `message`, if the library or one of its functions is missing.
bool library_load(const char *soname, const struct library_symbol *symbols, size_t count, char *message);
