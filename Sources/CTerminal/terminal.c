#define _GNU_SOURCE
#include "grl_terminal.h"

#include <stdio.h>
#include <signal.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

int grl_shared_write(const char *name, const uint8_t *bytes, size_t count) {
  int object = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (object < 0) return -errno;
  // Reserved before it is written: a full file system is an error here and not a signal later.
  int error = posix_fallocate(object, 0, (off_t)count);
  size_t written = 0;
  while (error == 0 && written < count) {
    ssize_t part = pwrite(object, bytes + written, count - written, (off_t)written);
    if (part > 0) {
      written += (size_t)part;
    } else if (part < 0 && errno != EINTR) {
      error = errno;
    }
  }
  close(object);
  if (error != 0) shm_unlink(name);
  return -error;
}

void grl_shared_remove(const char *name) { shm_unlink(name); }

int grl_shared_sweep(void) {
  // Where Linux keeps them; nothing to do elsewhere.
  DIR *folder = opendir("/dev/shm");
  if (folder == NULL) return 0;
  int removed = 0;
  struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) {
    int process, number, end = 0;
    if (sscanf(entry->d_name, "grl-%9d-%9d%n", &process, &number, &end) != 2 || entry->d_name[end] != 0) continue;
    if (process <= 0 || kill(process, 0) == 0 || errno != ESRCH) continue;
    // Another user's, in a folder with the sticky bit, stays.
    removed += unlinkat(dirfd(folder), entry->d_name, 0) == 0;
  }
  closedir(folder);
  return removed;
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
