#include "common/config.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "common/toml_characters.hpp"

namespace saker {
/// In place of toml++'s assertions, which some texts that are not TOML break ("[)").
struct TomlGaveUp {};
[[noreturn]] inline void toml_gave_up() { throw TomlGaveUp(); }
}  // namespace saker
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::saker::toml_gave_up())
#include <toml++/toml.h>

namespace saker {

/// The parsed file, and which keys of which tables have been asked for. Paths of array elements
/// leave the index out, so that what one [[market]] may have, all may have.
struct ConfigDocument {
  std::string name;
  toml::table root;
  std::map<std::string, std::set<std::string, std::less<>>> known;
};

namespace {

const toml::table* as_table(const void* table) { return static_cast<const toml::table*>(table); }
const toml::node* as_node(const void* node) { return static_cast<const toml::node*>(node); }

std::string at_line(const ConfigDocument& document, const toml::node* node) {
  const auto line = node == nullptr ? 0 : node->source().begin.line;
  return line == 0 ? document.name : document.name + ":" + std::to_string(line);
}

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

/// Steps (insert, delete, change, swap of neighbours counted as two) from one word to another.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      row[j] = std::min({change, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view key, const std::set<std::string, std::less<>>& known) {
  std::string best;
  std::size_t best_steps = key.size() / 2 + 2;
  for (const std::string& candidate : known) {
    const std::size_t steps = distance(key, candidate);
    if (steps < best_steps) {
      best_steps = steps;
      best = candidate;
    }
  }
  return best;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Digits followed by one of `units`.
bool parse_with_unit(std::string_view text, std::initializer_list<Unit> units,
                     std::uint64_t& value) {
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    const std::uint64_t digit = static_cast<std::uint64_t>(text[digits] - '0');
    if (__builtin_mul_overflow(number, 10, &number) ||
        __builtin_add_overflow(number, digit, &number)) {
      return false;
    }
  }
  if (digits == 0) return false;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (__builtin_mul_overflow(number, unit.factor, &number)) return false;
    value = number;
    return true;
  }
  return false;
}

/// Reports the first key, in the order of the file's tables, that nobody asked for.
void check_table(const ConfigDocument& document, const toml::table& table,
                 const std::string& path) {
  static const std::set<std::string, std::less<>> kNone;
  const auto found = document.known.find(path);
  const auto& known = found == document.known.end() ? kNone : found->second;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (!known.contains(name)) {
      std::string message = at_line(document, &node) + ": unknown key \"" + join(path, name) + "\"";
      const std::string close = nearest(name, known);
      if (!close.empty()) message += "; did you mean \"" + join(path, close) + "\"?";
      throw ConfigError(message);
    }
    if (const toml::table* inner = node.as_table()) {
      check_table(document, *inner, join(path, name));
    } else if (const toml::array* list = node.as_array()) {
      for (const toml::node& item : *list) {
        if (item.is_table()) check_table(document, *item.as_table(), join(path, name));
      }
    }
  }
}

}  // namespace

bool parse_duration_ns(std::string_view text, std::uint64_t& duration_ns) {
  return parse_with_unit(text,
                         {{"ns", 1},
                          {"us", 1'000},
                          {"ms", 1'000'000},
                          {"s", 1'000'000'000},
                          {"min", 60'000'000'000},
                          {"h", 3'600'000'000'000}},
                         duration_ns);
}

bool parse_size_bytes(std::string_view text, std::uint64_t& bytes) {
  return parse_with_unit(text,
                         {{"B", 1},
                          {"KiB", std::uint64_t{1} << 10},
                          {"MiB", std::uint64_t{1} << 20},
                          {"GiB", std::uint64_t{1} << 30},
                          {"TiB", std::uint64_t{1} << 40}},
                         bytes);
}

ConfigTable parse_config(std::string_view text, const std::string& name) {
  if (const std::size_t at = find_strange_character(text); at != std::string_view::npos) {
    const std::string_view before = text.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    throw ConfigError(name + ":" + std::to_string(lines + 1) +
                      ": a character that may not stand there");
  }
  auto document = std::make_shared<ConfigDocument>();
  document->name = name;
  try {
    document->root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw ConfigError(name + ":" + std::to_string(error.source().begin.line) + ": " +
                      std::string(error.description()));
  } catch (const TomlGaveUp&) {
    throw ConfigError(name + ":1: is not TOML, nobody can say in which line");
  }
  const void* root = &document->root;
  return ConfigTable(std::move(document), root, "");
}

ConfigTable load_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) throw ConfigError(path + ": cannot be read");
  return parse_config(text.str(), path);
}

/// The node of `key`, which counts as known from now on; nullptr when the file does not have it.
const void* ConfigTable::find(std::string_view key) const {
  document_->known[path_].emplace(key);
  return table_ == nullptr ? nullptr : as_table(table_)->get(key);
}

void ConfigTable::fail(std::string_view key, const std::string& message) const {
  const toml::node* node = table_ == nullptr ? nullptr : as_table(table_)->get(key);
  if (node == nullptr) node = as_table(table_);
  throw ConfigError(at_line(*document_, node) + ": " + join(path_, key) + ": " + message);
}

void ConfigTable::missing(std::string_view key) const { fail(key, "is missing"); }

bool ConfigTable::has(std::string_view key) const { return find(key) != nullptr; }

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) const {
  return has(key) ? need_integer(key, min, max) : fallback;
}

std::int64_t ConfigTable::need_integer(std::string_view key, std::int64_t min,
                                       std::int64_t max) const {
  const void* node = find(key);
  if (node == nullptr) missing(key);
  const auto* value = as_node(node)->as_integer();
  if (value == nullptr) fail(key, "must be a whole number");
  if (value->get() < min || value->get() > max) {
    fail(key, std::to_string(value->get()) + " is not within " + std::to_string(min) + " to " +
                  std::to_string(max));
  }
  return value->get();
}

bool ConfigTable::boolean(std::string_view key, bool fallback) const {
  const void* node = find(key);
  if (node == nullptr) return fallback;
  const auto* value = as_node(node)->as_boolean();
  if (value == nullptr) fail(key, "must be true or false");
  return value->get();
}

std::string ConfigTable::text(std::string_view key, std::string_view fallback) const {
  return has(key) ? need_text(key) : std::string(fallback);
}

std::string ConfigTable::need_text(std::string_view key) const {
  const void* node = find(key);
  if (node == nullptr) missing(key);
  const auto* value = as_node(node)->as_string();
  if (value == nullptr) fail(key, "must be a text in quotes");
  return value->get();
}

std::string ConfigTable::choice(std::string_view key, std::string_view fallback,
                                std::initializer_list<std::string_view> options) const {
  const std::string value = text(key, fallback);
  std::string list;
  for (const std::string_view option : options) {
    if (value == option) return value;
    list += (list.empty() ? "\"" : ", \"") + std::string(option) + "\"";
  }
  fail(key, "\"" + value + "\" is not one of " + list);
}

namespace {

/// The programmer's own texts: one that cannot be read is our mistake, not the user's.
std::uint64_t sure(bool (*parse)(std::string_view, std::uint64_t&), std::string_view text) {
  std::uint64_t value = 0;
  if (!parse(text, value)) throw std::logic_error("bad unit text " + std::string(text));
  return value;
}

}  // namespace

std::uint64_t ConfigTable::with_unit(std::string_view key, std::string_view fallback,
                                     std::string_view min, std::string_view max,
                                     ParseUnit parse, const char* example) const {
  if (!has(key)) return sure(parse, fallback);
  const std::string given = need_text(key);
  std::uint64_t value = 0;
  if (!parse(given, value)) {
    fail(key, "\"" + given + "\" is not a number with a unit like " + example);
  }
  if (value < sure(parse, min) || value > sure(parse, max)) {
    fail(key, given + " is not within " + std::string(min) + " to " + std::string(max));
  }
  return value;
}

std::uint64_t ConfigTable::duration_ns(std::string_view key, std::string_view fallback,
                                       std::string_view min, std::string_view max) const {
  return with_unit(key, fallback, min, max, parse_duration_ns, "\"250us\", \"5ms\" or \"2s\"");
}

std::uint64_t ConfigTable::size_bytes(std::string_view key, std::string_view fallback,
                                      std::string_view min, std::string_view max) const {
  return with_unit(key, fallback, min, max, parse_size_bytes, "\"64KiB\", \"16MiB\" or \"1GiB\"");
}

std::vector<std::string> ConfigTable::texts(std::string_view key) const {
  std::vector<std::string> list;
  const void* node = find(key);
  if (node == nullptr) return list;
  const toml::array* array = as_node(node)->as_array();
  if (array == nullptr) fail(key, "must be a list of texts");
  for (const toml::node& item : *array) {
    if (!item.is_string()) fail(key, "must be a list of texts");
    list.push_back(item.as_string()->get());
  }
  return list;
}

std::vector<std::int64_t> ConfigTable::integers(std::string_view key, std::int64_t min,
                                                std::int64_t max) const {
  std::vector<std::int64_t> list;
  const void* node = find(key);
  if (node == nullptr) return list;
  const toml::array* array = as_node(node)->as_array();
  if (array == nullptr) fail(key, "must be a list of whole numbers");
  for (const toml::node& item : *array) {
    if (!item.is_integer()) fail(key, "must be a list of whole numbers");
    const std::int64_t value = item.as_integer()->get();
    if (value < min || value > max) {
      fail(key, std::to_string(value) + " is not within " + std::to_string(min) + " to " +
                    std::to_string(max));
    }
    list.push_back(value);
  }
  return list;
}

ConfigTable ConfigTable::section(std::string_view key) const {
  const void* node = find(key);
  const std::string path = join(path_, key);
  document_->known[path];
  if (node == nullptr) return ConfigTable(document_, nullptr, path);
  const toml::table* table = as_node(node)->as_table();
  if (table == nullptr) fail(key, "must be a section [" + path + "]");
  return ConfigTable(document_, table, path);
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) const {
  std::vector<ConfigTable> list;
  const void* node = find(key);
  const std::string path = join(path_, key);
  if (node == nullptr) return list;
  const toml::array* array = as_node(node)->as_array();
  if (array == nullptr) fail(key, "must be sections [[" + path + "]]");
  for (const toml::node& item : *array) {
    if (!item.is_table()) fail(key, "must be sections [[" + path + "]]");
    list.push_back(ConfigTable(document_, item.as_table(), path));
  }
  return list;
}

void ConfigTable::reject_unknown() const { check_table(*document_, document_->root, ""); }

}  // namespace saker
