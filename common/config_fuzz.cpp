#include "common/config_fuzz.hpp"

#include "common/assert.hpp"
#include "common/config.hpp"
#include "common/fuzz.hpp"

namespace saker {

namespace {

template <class Call>
void ask(Call&& call) {
  try {
    call();
  } catch (const ConfigError& error) {
    SAKER_ASSERT(std::string_view(error.what()).starts_with("fuzz.toml:"));
  }
}

/// Every key as every type; the corpus uses these names.
void read_all(const ConfigTable& table, int depth) {
  for (const char* key : {"a", "b", "port", "list"}) {
    table.has(key);
    ask([&] {
      const std::int64_t number = table.integer(key, 7, -3, 65'535);
      SAKER_ASSERT(number >= -3 && number <= 65'535);
    });
    ask([&] {
      const std::int64_t number = table.need_integer(key, INT64_MIN, INT64_MAX);
      SAKER_ASSERT(table.integer(key, 0, INT64_MIN, INT64_MAX) == number);
    });
    ask([&] { table.boolean(key, false); });
    ask([&] { SAKER_ASSERT(table.need_text(key) == table.text(key, "")); });
    ask([&] {
      const std::string word = table.choice(key, "disk", {"memory", "disk"});
      SAKER_ASSERT(word == "memory" || word == "disk");
    });
    ask([&] {
      const std::uint64_t ns = table.duration_ns(key, "1ms", "1us", "1s");
      SAKER_ASSERT(ns >= 1'000 && ns <= 1'000'000'000);
    });
    ask([&] {
      const std::uint64_t bytes = table.size_bytes(key, "1MiB", "4KiB", "1GiB");
      SAKER_ASSERT(bytes >= 4'096 && bytes <= 1u << 30);
    });
    ask([&] { table.texts(key); });
    ask([&] {
      for (const std::int64_t number : table.integers(key, 0, 64)) {
        SAKER_ASSERT(number >= 0 && number <= 64);
      }
    });
    ask([&] { table.fail(key, "is not liked"); });
    if (depth == 0) continue;
    ask([&] { read_all(table.section(key), depth - 1); });
    ask([&] {
      for (const ConfigTable& one : table.tables(key)) read_all(one, depth - 1);
    });
  }
}

}  // namespace

void fuzz_config(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ask([&] {
    const ConfigTable config = parse_config(text, "fuzz.toml");
    read_all(config, 2);
    config.reject_unknown();
  });
  std::uint64_t duration_ns = 0, bytes = 0;
  if (parse_duration_ns(text, duration_ns)) {
    std::uint64_t again = 0;
    SAKER_ASSERT(parse_duration_ns(std::to_string(duration_ns) + "ns", again));
    SAKER_ASSERT(again == duration_ns);
  }
  if (parse_size_bytes(text, bytes)) {
    std::uint64_t again = 0;
    SAKER_ASSERT(parse_size_bytes(std::to_string(bytes) + "B", again) && again == bytes);
  }
}

}  // namespace saker

SAKER_FUZZ_TARGET(saker::fuzz_config)
