// First: the macros of term.h (`columns`, `lines`) would change what it declares.
#include "grl_terminal.h"

#include <curses.h>
#include <term.h>

int grl_terminfo_load(const char *name, int descriptor) {
  int status = 0;
  if (setupterm(name, descriptor, &status) == OK) return 1;
  // A "generic" type is described but cannot be drawn on; for us that is as good as unknown.
  return status == -1 ? -1 : 0;
}

// The macros of curses.h take `char *` but do not write through it.
const char *grl_terminfo_string(const char *name) {
  const char *text = tigetstr((char *)name);
  return text == (const char *)-1 ? NULL : text;
}

int grl_terminfo_number(const char *name) {
  int number = tigetnum((char *)name);
  return number < 0 ? -1 : number;
}

int grl_terminfo_flag(const char *name) { return tigetflag((char *)name) > 0; }
