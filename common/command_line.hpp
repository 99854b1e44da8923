// The command line of a program: options, flags and subcommands with help texts, read by CLI11.
// CLI11's header is not seen here, because every file that includes it compiles for many seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace saker {

/// One option just added, for what else is to be said about it.
class CommandLineOption {
 public:
  explicit CommandLineOption(void* option) : option_(option) {}
  CommandLineOption& required();
  /// The help shows the default, which is what the variable holds when this is called.
  CommandLineOption& shown();
  CommandLineOption& one_of(std::initializer_list<const char*> words);
  CommandLineOption& range(std::int64_t lowest, std::int64_t highest);
  /// `check` returns what is wrong with the text, or nothing.
  CommandLineOption& check(std::string (*check)(const std::string&));
  /// A list takes one value each time it is given (and not all words that follow).
  CommandLineOption& one_at_a_time();
  /// How often it was given, after parse().
  std::size_t count() const;

 private:
  void* option_;
};

/// Variables that options write to must live until parse() has returned.
class CommandLine {
 public:
  explicit CommandLine(const std::string& about, const std::string& program = "");
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// `name` is "--word" or, for a positional argument, a bare word. Value: a string, an integer,
  /// a double, or a vector of strings or 32-bit numbers.
  template <class Value>
  CommandLineOption option(const std::string& name, Value& value, const std::string& help);
  CommandLineOption flag(const std::string& name, bool& value, const std::string& help);

  /// A subcommand; lives as long as this.
  CommandLine* command(const std::string& name, const std::string& help);
  /// Called within parse() when this subcommand was chosen.
  void on_use(std::function<void()> action);
  bool chosen() const;
  void require_command();
  /// Options of the program may also stand behind the subcommand.
  void options_anywhere();

  /// The exit code when the program has nothing more to do: 0 after --help, 2 after wrong usage,
  /// which has been said on stderr. Nothing: go on.
  std::optional<int> parse(int argc, const char* const* argv);

 private:
  explicit CommandLine(void* app);

  void* app_;    // CLI::App
  bool owned_;
  std::vector<std::unique_ptr<CommandLine>> commands_;
};

}  // namespace saker
