#include "web/log.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace saker::web {

namespace {

std::string service_name = "saker";

/// Quoted when it has anything but plain characters, so that a line stays one line.
void append_value(std::string& line, std::string_view value, bool always_quoted) {
  bool plain = !always_quoted && !value.empty();
  for (const char c : value) plain = plain && c > ' ' && c < 0x7F && c != '"' && c != '=';
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') line += '\\';
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  line += '"';
}

void write_line(const char* level, std::string_view message,
                std::initializer_list<LogField> fields) {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc;
  ::gmtime_r(&now.tv_sec, &utc);
  char time[40];
  const std::size_t size = ::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(time + size, sizeof time - size, ".%03ldZ", now.tv_nsec / 1'000'000);
  std::string line = std::string(time) + " " + level + " " + service_name + " ";
  append_value(line, message, true);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value, false);
  }
  line += '\n';
  // One write per line, so that lines of several processes do not mix. A log that cannot be
  // written stops nobody.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void set_log_service(std::string_view service) { service_name = service; }

void log_info(std::string_view message, std::initializer_list<LogField> fields) {
  write_line("info", message, fields);
}
void log_warning(std::string_view message, std::initializer_list<LogField> fields) {
  write_line("warning", message, fields);
}
void log_error(std::string_view message, std::initializer_list<LogField> fields) {
  write_line("error", message, fields);
}

}  // namespace saker::web
