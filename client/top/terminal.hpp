// The terminal while a full-screen program runs: raw keys, the other screen, no cursor; and the
// terminal as it was afterwards, however the program ends.
#pragma once

#include <cstddef>
#include <string>

namespace saker::client::top {

enum class Key { kNone, kQuit, kHelp, kNext, kPrevious, kDigit, kOther };

struct KeyPress {
  Key key = Key::kNone;
  unsigned digit = 0;
};

class Terminal {
 public:
  /// Takes the terminal over. False when standard input or output is not one.
  bool open();
  ~Terminal() { close(); }
  void close();

  /// Size now.
  void size(std::size_t& width, std::size_t& height) const;
  /// True once after the window changed its size, the program was continued, or open().
  bool redraw_needed();
  /// A signal asked to end.
  bool end_asked() const;
  /// Puts a whole picture on the screen in one write.
  void show(const std::string& picture);
  /// The next key that was pressed, kNone when there is none. Never waits.
  KeyPress key();
};

}  // namespace saker::client::top
