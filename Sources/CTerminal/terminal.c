#define _GNU_SOURCE
#include "grl_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int grl_terminal_open(int descriptor) {
  char name[256];
  int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  if (isatty(descriptor) && ttyname_r(descriptor, name, sizeof name) == 0) {
    int opened = open(name, flags);
    if (opened >= 0) return opened;
  }
  int opened = open("/dev/tty", flags);
  return opened >= 0 ? opened : -errno;
}

int grl_terminal_size(int descriptor, uint16_t *columns, uint16_t *rows, uint16_t *width, uint16_t *height) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -errno;
  *columns = size.ws_col;
  *rows = size.ws_row;
  *width = size.ws_xpixel;
  *height = size.ws_ypixel;
  return 0;
}

int grl_locale_is_not_utf8(void) {
  locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
  if (locale == (locale_t)0) return 0;
  const char *set = nl_langinfo_l(CODESET, locale);
  // "ANSI_X3.4-1968" is what the C locale says: nobody chose it, and terminals speak UTF-8 today.
  int other = strcasecmp(set, "UTF-8") != 0 && strcasecmp(set, "ANSI_X3.4-1968") != 0;
  freelocale(locale);
  return other;
}
