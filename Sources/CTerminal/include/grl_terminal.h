#ifndef GRL_TERMINAL_H
#define GRL_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

// The terminal as the system sees it: its description (terminfo, through ncurses), its modes (termios), and the signals that
// must not leave it behind in a state no shell can be used in. Every function returns; none prints or exits.

/// Opens the terminal that `descriptor` is (or the controlling one) anew, non-blocking and closed on exec, so that the flags
/// of what the shell has open stay as they are. A descriptor, or -errno.
int grl_terminal_open(int descriptor);

/// Cells and, where the terminal tells, pixels; 0 where not known. 0, or -errno.
int grl_terminal_size(int descriptor, uint16_t *columns, uint16_t *rows, uint16_t *width, uint16_t *height);

/// Loads the description of terminal type `name`: 1 done, 0 unknown type, -1 no database of terminals.
int grl_terminfo_load(const char *name, int descriptor);

/// A capability of the loaded description; NULL, -1 and 0 where it has none. The string is valid until the next load.
const char *grl_terminfo_string(const char *name);
int grl_terminfo_number(const char *name);
int grl_terminfo_flag(const char *name);

/// Whether the locale of the environment names a character set other than UTF-8. One that names none (C, POSIX) does not.
int grl_locale_is_not_utf8(void);

/// Makes an object in shared memory with `bytes` in it, for another process to read and remove. 0, or -errno.
int grl_shared_write(const char *name, const uint8_t *bytes, size_t count);

/// Removes it, if it is still there.
void grl_shared_remove(const char *name);

/// Removes objects of this user that processes left which are gone: `/grl-PID-NUMBER` by a PID that no process has. Returns how many.
int grl_shared_sweep(void);

/// A signal with its number was received, or what else `grl_guard_start` reports.
enum {
  /// The terminal was resized.
  GRL_SIGNAL_RESIZE = 'w',
  /// The process goes on after it was stopped; the modes must be set again.
  GRL_SIGNAL_CONTINUE = 'c',
  GRL_SIGNAL_INTERRUPT = 'i',
  GRL_SIGNAL_TERMINATE = 't',
  GRL_SIGNAL_HANGUP = 'h',
  /// SIGTSTP from outside: the loop shall suspend.
  GRL_SIGNAL_STOP = 's',
};

/// Takes the terminal: keeps its modes, and sees to it that on every way out (`exit`, signal, trap) the bytes `reset` are
/// written and the modes are set back before anything else happens; a fatal signal then does what it would have done.
///
/// From now on SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH only write one byte (GRL_SIGNAL_...) into the pipe
/// whose reading end is returned; the second SIGTERM or SIGHUP that nobody read ends the process at once. -errno on failure.
/// Until `grl_guard_restore` what is written to standard error, if that is a terminal, is held back. Not thread-safe.
int grl_guard_start(int descriptor, const uint8_t *reset, size_t reset_count);

/// Sets the modes for the screen: bytes come at once and unechoed; only Ctrl-\ still makes a signal. 0, or -errno.
int grl_guard_raw(void);

/// Gives the terminal back as it was, and prints what was held back. May be called at any time, also twice.
void grl_guard_restore(void);

/// Restores the terminal and stops the process group, as Ctrl-Z does. Returns when it goes on; call `grl_guard_raw` then.
void grl_guard_suspend(void);

/// Restores the terminal, puts the default action of `signal` back and raises it.
void grl_guard_die(int signal);

#endif
