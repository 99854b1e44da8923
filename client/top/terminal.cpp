#include "client/top/terminal.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

namespace saker::client::top {

namespace {

// Signal handlers need them, hence not members. Written before the handlers are installed.
termios saved;
volatile sig_atomic_t taken = 0;
volatile sig_atomic_t ended = 0;
volatile sig_atomic_t changed = 0;

constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr char kLeave[] = "\x1b[0m\x1b[?25h\x1b[?1049l";

void put(const char* text, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(STDOUT_FILENO, text, size);
    if (n <= 0) return;
    text += n;
    size -= static_cast<std::size_t>(n);
  }
}

void enter() {
  termios raw_mode = saved;
  raw_mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw_mode.c_cc[VMIN] = 0;
  raw_mode.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw_mode);
  put(kEnter, sizeof kEnter - 1);
  changed = 1;
  taken = 1;
}

void leave() {
  if (!taken) return;
  taken = 0;
  put(kLeave, sizeof kLeave - 1);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

// Only calls that are allowed in signal handlers: write, tcsetattr, signal, raise.
void on_fatal(int number) {
  leave();
  ::signal(number, SIG_DFL);
  ::raise(number);
}
void on_end(int) { ended = 1; }
void on_resize(int) { changed = 1; }
void on_stop(int) {
  leave();
  ::raise(SIGSTOP);
}
void on_continue(int) { enter(); }

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

bool Terminal::open() {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) return false;
  if (::tcgetattr(STDIN_FILENO, &saved) != 0) return false;
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) handle(number, on_end);
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) handle(number, on_fatal);
  handle(SIGWINCH, on_resize);
  handle(SIGTSTP, on_stop);
  handle(SIGCONT, on_continue);
  std::atexit(leave);
  enter();
  return true;
}

void Terminal::close() { leave(); }

void Terminal::size(std::size_t& width, std::size_t& height) const {
  winsize window{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0;
  width = known && window.ws_col > 0 ? window.ws_col : 80;
  height = known && window.ws_row > 0 ? window.ws_row : 24;
}

bool Terminal::redraw_needed() {
  const bool needed = changed != 0;
  changed = 0;
  return needed;
}

bool Terminal::end_asked() const { return ended != 0; }

void Terminal::show(const std::string& picture) { put(picture.data(), picture.size()); }

KeyPress Terminal::key() {
  char c = 0;
  if (::read(STDIN_FILENO, &c, 1) != 1) return {};
  if (c == 'q' || c == 'Q') return {Key::kQuit};
  if (c == '?' || c == 'h') return {Key::kHelp};
  if (c == '\t' || c == 'n') return {Key::kNext};
  if (c == 'p') return {Key::kPrevious};
  if (c >= '1' && c <= '9') return {Key::kDigit, static_cast<unsigned>(c - '0')};
  if (c != '\x1b') return {Key::kOther};
  char sequence[2] = {};
  if (::read(STDIN_FILENO, sequence, 2) != 2 || sequence[0] != '[') return {Key::kOther};
  if (sequence[1] == 'C') return {Key::kNext};
  if (sequence[1] == 'D') return {Key::kPrevious};
  return {Key::kOther};
}

}  // namespace saker::client::top
