#include "client/top/text.hpp"

#include <algorithm>
#include <cstdio>

#include "common/decimal.hpp"

namespace saker::client::top {

namespace {

constexpr const char* kEscapes[] = {"",           "\x1b[2m",  "\x1b[1m",    "\x1b[32m",
                                    "\x1b[31m",   "\x1b[33m", "\x1b[1;36m", "\x1b[7m"};
constexpr const char* kReset = "\x1b[0m";

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[64];
  const int size = std::snprintf(buffer, sizeof buffer, pattern, args...);
  return {buffer, static_cast<std::size_t>(std::clamp(size, 0, 63))};
}

/// The first `columns` characters.
std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t i = 0;
  while (i < text.size()) {
    if ((text[i] & 0xC0) != 0x80 && columns-- == 0) break;
    ++i;
  }
  return text.substr(0, i);
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Line& Line::add(std::string_view text, Style style) {
  text = cut(text, width_ - used_);
  if (text.empty()) return *this;
  used_ += columns_of(text);
  const bool styled = colour_ && style != Style::kPlain;
  if (styled) text_ += kEscapes[raw(style)];
  text_ += text;
  if (styled) text_ += kReset;
  return *this;
}

Line& Line::right(std::string_view text, std::size_t columns, Style style) {
  const std::size_t size = columns_of(text);
  if (size < columns) add(std::string(columns - size, ' '));
  return add(text, style);
}

Line& Line::left(std::string_view text, std::size_t columns, Style style) {
  const std::size_t size = columns_of(text);
  add(text, style);
  if (size < columns) add(std::string(columns - size, ' '));
  return *this;
}

Line& Line::to(std::size_t column) {
  column = std::min(column, width_);
  if (used_ < column) add(std::string(column - used_, ' '));
  return *this;
}

Line& Line::bar(double share, std::size_t columns, Style style) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(
      std::clamp(share, 0.0, 1.0) * 8.0 * static_cast<double>(columns) + 0.5);
  std::string blocks;
  for (std::size_t i = 0; i < eighths / 8; ++i) blocks += "█";
  blocks += kParts[eighths % 8];
  return left(blocks, columns, style);
}

Line& Line::join(const Line& other, std::size_t column) {
  to(column);
  if (used_ + other.used_ > width_) return *this;
  text_ += other.text_;
  used_ += other.used_;
  return *this;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string duration_text(std::uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns == 0) return "-";
  if (ns < 1'000) return format("%.0f ns", value);
  if (ns < 1'000'000) return format(ns < 100'000 ? "%.1f us" : "%.0f us", value / 1e3);
  if (ns < 1'000'000'000) return format(ns < 100'000'000 ? "%.2f ms" : "%.0f ms", value / 1e6);
  return format("%.2f s", value / 1e9);
}

std::string age_text(std::uint64_t ns) {
  const std::uint64_t seconds = ns / 1'000'000'000;
  if (seconds < 60) return format("%lu s", static_cast<unsigned long>(seconds));
  const auto minutes = static_cast<unsigned long>(seconds / 60);
  if (minutes < 60) {
    return format("%lu m %lu s", minutes, static_cast<unsigned long>(seconds % 60));
  }
  return format("%lu h %lu m", minutes / 60, minutes % 60);
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  return format(unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
}

std::string clock_text(TimeNs ns, bool milliseconds) {
  const std::uint64_t ms = ns / 1'000'000;
  const auto second = static_cast<unsigned>(ms / 1000 % 86'400);
  std::string text =
      format("%02u:%02u:%02u", second / 3600, second / 60 % 60, second % 60);
  if (milliseconds) text += format(".%03u", static_cast<unsigned>(ms % 1000));
  return text;
}

std::string price_text(std::int64_t ticks, std::int64_t tick_size, unsigned decimals) {
  return format_decimal(ticks * tick_size, decimals, decimals);
}

std::string quantity_text(std::int64_t lots, std::int64_t lot_size, unsigned decimals) {
  return format_decimal(lots * lot_size, decimals, 0);
}

}  // namespace saker::client::top
