#include "common/toml_characters.hpp"

namespace saker {

namespace {

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::size_t run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (is_control(c)) return at_;
      if (c == '#') {
        if (!comment()) return at_;
      } else if (c == '"' || c == '\'') {
        if (!quoted(c)) return at_;
      } else if (is_wide(c)) {
        return at_;
      }
    }
    return std::string_view::npos;
  }

 private:
  static bool is_wide(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }
  static bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
           c == 0x7F;
  }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  char next(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool three(char quote) const {
    return next(0) == quote && next(1) == quote && next(2) == quote;
  }

  // Both end on the last character that they take, or on the one that should not be there.
  bool comment() {
    for (; next(1) != '\n' && at_ + 1 < text_.size(); ++at_) {
      if (is_control(next(1))) return ++at_, false;
    }
    return true;
  }
  bool quoted(char quote) {
    const bool long_text = three(quote);
    at_ += long_text ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (is_control(c)) return false;
      if (c == '\\' && quote == '"') {
        ++at_;
        if (is_control(next(0))) return at_ >= text_.size();
        if (is_blank(next(0))) {
          while (is_blank(next(1))) ++at_;
          if (is_wide(next(1))) return ++at_, false;
        } else if (is_wide(next(0))) {
          return false;
        }
      } else if (!long_text && (c == quote || c == '\n')) {
        return true;
      } else if (long_text && three(quote)) {
        at_ += 2;
        while (next(1) == quote) ++at_;  // quotes before the last three belong to the text
        return true;
      }
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t find_strange_character(std::string_view text) { return Scan(text).run(); }

}  // namespace saker
