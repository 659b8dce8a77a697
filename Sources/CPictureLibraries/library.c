#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool library_load(const char *soname, const struct library_symbol *symbols, size_t count, char *message) {
  void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(message, LIBRARY_MESSAGE_SIZE, "%s", reason ? reason : "this program loads no libraries");
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    void *address = dlsym(library, symbols[i].name);
    if (address == NULL) {
      snprintf(message, LIBRARY_MESSAGE_SIZE, "%s: it has no function %s", soname, symbols[i].name);
      dlclose(library);
      return false;
    }
    memcpy(symbols[i].target, &address, sizeof address);
  }
  return true;
}
