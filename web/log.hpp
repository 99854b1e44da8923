// Structured log lines on standard error: time, level, service, message, then key=value pairs.
//   2026-11-22T14:37:08.123Z info gateway "order placed" market=KCN/EUR sequence=812
// Never secrets, tokens or one-time codes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace saker::web {

struct LogField {
  template <class T>
  LogField(std::string_view field, const T& what) : name(field) {
    if constexpr (std::is_same_v<T, bool>) {
      value = what ? "true" : "false";
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = std::to_string(what);
    } else {
      value = std::string(what);
    }
  }
  std::string_view name;
  std::string value;
};

/// Once at start; "saker" until then.
void set_log_service(std::string_view service);

void log_info(std::string_view message, std::initializer_list<LogField> fields = {});
void log_warning(std::string_view message, std::initializer_list<LogField> fields = {});
void log_error(std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace saker::web
