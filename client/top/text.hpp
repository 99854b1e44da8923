// Numbers for people, and a line of a picture that knows how wide it is on the screen.
#pragma once

#include <string>
#include <string_view>

#include "common/types.hpp"

namespace saker::client::top {

enum class Style : std::uint8_t { kPlain, kDim, kBold, kBid, kAsk, kWarn, kTitle, kChosen };

/// One line: text with styles, cut at `width` columns. With `colour` false only the text.
class Line {
 public:
  Line(std::size_t width, bool colour) : width_(width), colour_(colour) {}

  Line& add(std::string_view text, Style style = Style::kPlain);
  /// Text in a column of `columns`: to the right, or to the left of it.
  Line& right(std::string_view text, std::size_t columns, Style style = Style::kPlain);
  Line& left(std::string_view text, std::size_t columns, Style style = Style::kPlain);
  /// Blanks up to a column.
  Line& to(std::size_t column);
  /// A bar of `share` (0..1) of `columns`, in eighths of a column.
  Line& bar(double share, std::size_t columns, Style style);

  std::size_t used() const { return used_; }
  const std::string& text() const { return text_; }
  /// Puts `other` behind this one, from `column` on.
  Line& join(const Line& other, std::size_t column);

 private:
  std::size_t width_;
  bool colour_;
  std::size_t used_ = 0;
  std::string text_;
};

/// Columns that UTF-8 text takes (every character one).
std::size_t columns_of(std::string_view text);

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t value);
/// "850 ns", "12.3 us", "4.56 ms", "1.20 s"; "-" for 0.
std::string duration_text(std::uint64_t ns);
/// "3 h 12 m", "45 s".
std::string age_text(std::uint64_t ns);
/// "1.2 MiB".
std::string bytes_text(std::uint64_t bytes);
/// Time of day, UTC: "12:37:30", with milliseconds "12:37:30.123".
std::string clock_text(TimeNs ns, bool milliseconds);
/// `units` times `size`, in 10^-decimals, all decimals or without trailing zeros.
std::string price_text(std::int64_t ticks, std::int64_t tick_size, unsigned decimals);
std::string quantity_text(std::int64_t lots, std::int64_t lot_size, unsigned decimals);

}  // namespace saker::client::top
