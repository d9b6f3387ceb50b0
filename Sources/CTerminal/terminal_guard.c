#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "grl_terminal.h"

// Handlers read these; they are set before the handlers are installed and never change while `held` is 1.
static int terminal = -1;
static struct termios saved_modes;
static uint8_t reset_bytes[1024];
static size_t reset_size;
static int signal_pipe[2] = {-1, -1};
// 1 while the terminal is ours; whoever exchanges it for 0 gives the terminal back.
static atomic_int held;
// SIGTERM and SIGHUP that the loop has not read yet.
static atomic_int unread_endings;
// Standard error while it is held back, and the memory file that stands in its place; -1 where it is not.
static int saved_errors = -1;
static int held_errors = -1;

static const int fatal_signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT, SIGSYS};
enum { FATAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0] };
static struct sigaction old_fatal[FATAL_COUNT];
static uint8_t alternate_stack[64 << 10];

// Only what POSIX allows in a handler from here to `restore`.

static void write_all(int descriptor, const uint8_t *bytes, size_t count) {
  // A terminal that takes nothing (Ctrl-S, a dead link) shall not keep the process from ending.
  for (int tries = 0; count > 0 && tries < 20;) {
    ssize_t written = write(descriptor, bytes, count);
    if (written > 0) {
      bytes += written;
      count -= (size_t)written;
    } else if (written < 0 && errno == EAGAIN) {
      struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
      poll(&wait, 1, 50);
      tries++;
    } else if (written < 0 && errno != EINTR) {
      return;
    }
  }
}

static void show_held_errors(void) {
  if (held_errors < 0) return;
  dup2(saved_errors, STDERR_FILENO);
  // The end tells why; the beginning of a flood does not.
  enum { MOST = 8192 };
  off_t size = lseek(held_errors, 0, SEEK_END);
  off_t place = size > MOST ? size - MOST : 0;
  uint8_t buffer[1024];
  for (ssize_t count; (count = pread(held_errors, buffer, sizeof buffer, place)) > 0; place += count) {
    for (ssize_t i = 0; i < count; i++) {
      int control = (buffer[i] < 32 && buffer[i] != '\n' && buffer[i] != '\t') || buffer[i] == 127;
      if (control) buffer[i] = '?';
    }
    write_all(STDERR_FILENO, buffer, (size_t)count);
  }
  close(saved_errors);
  close(held_errors);
  saved_errors = held_errors = -1;
}

static void restore(void) {
  if (atomic_exchange(&held, 0) == 0) return;
  int error = errno;
  // In the background the terminal is somebody else's already.
  pid_t foreground = tcgetpgrp(terminal);
  if (foreground < 0 || foreground == getpgrp()) {
    write_all(terminal, reset_bytes, reset_size);
    tcsetattr(terminal, TCSANOW, &saved_modes);
  }
  show_held_errors();
  errno = error;
}

static void note(uint8_t byte) {
  int error = errno;
  // A full pipe holds enough bytes to wake the loop.
  ssize_t written = write(signal_pipe[1], &byte, 1);
  (void)written;
  errno = error;
}

static void handle_signal(int number) {
  switch (number) {
    case SIGWINCH: note(GRL_SIGNAL_RESIZE); break;
    case SIGCONT: note(GRL_SIGNAL_CONTINUE); break;
    case SIGTSTP: note(GRL_SIGNAL_STOP); break;
    case SIGINT: note(GRL_SIGNAL_INTERRUPT); break;
    default:
      // The first one is the loop's to obey; when that has not happened before the second, the loop hangs.
      if (atomic_fetch_add(&unread_endings, 1) > 0) {
        restore();
        signal(number, SIG_DFL);
        raise(number);
      }
      note(number == SIGTERM ? GRL_SIGNAL_TERMINATE : GRL_SIGNAL_HANGUP);
  }
}

static void handle_fatal(int number, siginfo_t *info, void *context) {
  restore();
  for (int i = 0; i < FATAL_COUNT; i++) {
    if (fatal_signals[i] == number) sigaction(number, &old_fatal[i], NULL);
  }
  // A fault of an instruction comes again when the handler returns, now with the action that was there before us (the
  // default, or Swift's backtrace); what somebody sent must be sent again. It waits until this handler returns.
  if (info->si_code <= 0 || number == SIGABRT || number == SIGQUIT) raise(number);
  (void)context;
}

static int install_handlers(void) {
  // A Swift stack that overflowed has no room for a handler.
  stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
  if (sigaltstack(&stack, NULL) != 0) return -errno;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_sigaction = handle_fatal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int i = 0; i < FATAL_COUNT; i++) {
    if (sigaction(fatal_signals[i], &action, &old_fatal[i]) != 0) return -errno;
  }
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_handler = handle_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  static const int noted[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
    struct sigaction inherited;
    sigaction(noted[i], NULL, &inherited);
    // nohup and shells start a program with signals ignored; that choice stays.
    int keeps = inherited.sa_handler == SIG_IGN && noted[i] != SIGWINCH && noted[i] != SIGCONT;
    if (!keeps && sigaction(noted[i], &action, NULL) != 0) return -errno;
  }
  return 0;
}

static void hold_errors_back(void) {
  if (held_errors >= 0 || !isatty(STDERR_FILENO)) return;
  int file = memfd_create("stderr", MFD_CLOEXEC);
  int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  // Where that fails errors go to the screen as ever: ugly, not wrong.
  if (file < 0 || copy < 0 || fcntl(file, F_SETFL, O_APPEND) != 0 || dup2(file, STDERR_FILENO) < 0) {
    if (file >= 0) close(file);
    if (copy >= 0) close(copy);
    return;
  }
  held_errors = file;
  saved_errors = copy;
}

int grl_guard_start(int descriptor, const uint8_t *reset, size_t reset_count) {
  static int is_first = 1;
  if (reset_count > sizeof reset_bytes) return -E2BIG;
  if (tcgetattr(descriptor, &saved_modes) != 0) return -errno;
  terminal = descriptor;
  memcpy(reset_bytes, reset, reset_count);
  reset_size = reset_count;
  if (is_first) {
    is_first = 0;
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
    if (atexit(restore) != 0) return -ENOMEM;
    int status = install_handlers();
    if (status != 0) return status;
  }
  return signal_pipe[0];
}

int grl_guard_raw(void) {
  struct termios modes = saved_modes;
  modes.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
  modes.c_oflag &= ~(tcflag_t)OPOST;
  modes.c_cflag |= CS8;
  modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  // ISIG stays for Ctrl-\ alone: the way out of a program that no longer reads its keys.
  modes.c_lflag |= ISIG;
  modes.c_cc[VINTR] = modes.c_cc[VSUSP] = _POSIX_VDISABLE;
  hold_errors_back();
  atomic_store(&held, 1);
  int status;
  do {
    status = tcsetattr(terminal, TCSANOW, &modes);
  } while (status != 0 && errno == EINTR);
  return status == 0 ? 0 : -errno;
}

void grl_guard_restore(void) { restore(); }

void grl_guard_suspend(void) {
  restore();
  struct sigaction ours, standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, &ours);
  // The whole group, as the terminal would: a script that started us must stop too, or its shell never comes back.
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}

void grl_guard_die(int number) {
  restore();
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}
