#ifndef GRL_OPTIONAL_LIBRARY_H
#define GRL_OPTIONAL_LIBRARY_H

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// Libraries that need not be there: known by their headers when this is compiled, looked for by name the first time they are asked for.

typedef struct {
  /// File name and Debian package, for a person.
  const char *file, *package;
  void *handle;
  char reason[160];
} grl_library;

typedef struct {
  const char *name;
  void **function;
} grl_symbol;

/// Opens the library and fills in its functions; where one is missing none is used, and `reason` says so.
static inline void grl_library_open(grl_library *library, const grl_symbol *symbols, size_t count) {
  library->handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
  if (!library->handle) {
    snprintf(library->reason, sizeof library->reason, "%s is not installed (Debian package %s)", library->file, library->package);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if ((*symbols[i].function = dlsym(library->handle, symbols[i].name))) continue;
    snprintf(library->reason, sizeof library->reason, "the installed %s is too old: it has no %s", library->file, symbols[i].name);
    dlclose(library->handle);
    library->handle = NULL;
    return;
  }
}

#endif
