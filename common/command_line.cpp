#include "common/command_line.hpp"

#include <CLI/CLI.hpp>

namespace saker {

namespace {
CLI::Option* option_of(void* option) { return static_cast<CLI::Option*>(option); }
CLI::App* app_of(void* app) { return static_cast<CLI::App*>(app); }
}  // namespace

CommandLineOption& CommandLineOption::required() {
  option_of(option_)->required();
  return *this;
}

CommandLineOption& CommandLineOption::shown() {
  option_of(option_)->capture_default_str();
  return *this;
}

CommandLineOption& CommandLineOption::one_of(std::initializer_list<const char*> words) {
  option_of(option_)->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

CommandLineOption& CommandLineOption::range(std::int64_t lowest, std::int64_t highest) {
  option_of(option_)->check(CLI::Range(lowest, highest));
  return *this;
}

CommandLineOption& CommandLineOption::check(std::string (*check)(const std::string&)) {
  option_of(option_)->check(check);
  return *this;
}

CommandLineOption& CommandLineOption::one_at_a_time() {
  option_of(option_)->allow_extra_args(false);
  return *this;
}

std::size_t CommandLineOption::count() const { return option_of(option_)->count(); }

CommandLine::CommandLine(const std::string& about, const std::string& program)
    : app_(new CLI::App(about, program)), owned_(true) {}

CommandLine::CommandLine(void* app) : app_(app), owned_(false) {}

CommandLine::~CommandLine() {
  if (owned_) delete app_of(app_);
}

template <class Value>
CommandLineOption CommandLine::option(const std::string& name, Value& value,
                                      const std::string& help) {
  return CommandLineOption(app_of(app_)->add_option(name, value, help));
}

template CommandLineOption CommandLine::option(const std::string&, std::string&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, int&, const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::int64_t&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::uint16_t&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::uint32_t&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::uint64_t&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, double&, const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::vector<std::string>&,
                                               const std::string&);
template CommandLineOption CommandLine::option(const std::string&, std::vector<std::uint32_t>&,
                                               const std::string&);

CommandLineOption CommandLine::flag(const std::string& name, bool& value,
                                    const std::string& help) {
  return CommandLineOption(app_of(app_)->add_flag(name, value, help));
}

CommandLine* CommandLine::command(const std::string& name, const std::string& help) {
  commands_.emplace_back(new CommandLine(app_of(app_)->add_subcommand(name, help)));
  return commands_.back().get();
}

void CommandLine::on_use(std::function<void()> action) {
  app_of(app_)->callback(std::move(action));
}

bool CommandLine::chosen() const { return app_of(app_)->parsed(); }
void CommandLine::require_command() { app_of(app_)->require_subcommand(1); }
void CommandLine::options_anywhere() { app_of(app_)->fallthrough(); }

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  try {
    app_of(app_)->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_of(app_)->exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace saker
