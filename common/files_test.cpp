// What reads and writes files: configuration, counters, secrets; and thread placement.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/config.hpp"
#include "common/counters.hpp"
#include "common/placement.hpp"
#include "common/secret_store.hpp"

namespace saker {
namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/saker-common-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void write_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

template <class Fn>
std::string error_of(Fn&& fn) {
  try {
    fn();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

// ---- configuration -------------------------------------------------------------------------

constexpr const char* kText = R"(
name = "north"
port = 3_001
busy = true
mode = "disk"
cores = [1, 2]
groups = ["a", "b"]

[net]
timeout = "250us"
buffer = "4MiB"

[[market]]
symbol = "KCN/EUR"
tick = 1

[[market]]
symbol = "BTC/EUR"
)";

TEST(Config, TypedValues) {
  const ConfigTable config = parse_config(kText, "venue.toml");
  EXPECT_EQ(config.need_text("name"), "north");
  EXPECT_EQ(config.integer("port", 1, 1, 65'535), 3'001);
  EXPECT_TRUE(config.boolean("busy", false));
  EXPECT_EQ(config.choice("mode", "memory", {"memory", "disk"}), "disk");
  EXPECT_EQ(config.integers("cores", 0, 64), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(config.texts("groups"), (std::vector<std::string>{"a", "b"}));
  const ConfigTable net = config.section("net");
  EXPECT_EQ(net.duration_ns("timeout", "1ms", "1us", "1s"), 250'000u);
  EXPECT_EQ(net.size_bytes("buffer", "1MiB", "4KiB", "1GiB"), 4u << 20);
  const auto markets = config.tables("market");
  ASSERT_EQ(markets.size(), 2u);
  EXPECT_EQ(markets[0].integer("tick", 5, 1, 100), 1);
  EXPECT_EQ(markets[1].integer("tick", 5, 1, 100), 5);
  EXPECT_EQ(markets[1].need_text("symbol"), "BTC/EUR");
  EXPECT_NO_THROW(config.reject_unknown());
}

TEST(Config, FallbacksForWhatIsNotThere) {
  const ConfigTable config = parse_config("", "empty.toml");
  EXPECT_EQ(config.integer("a", 7, 0, 10), 7);
  EXPECT_FALSE(config.boolean("b", false));
  EXPECT_EQ(config.text("c", "see"), "see");
  EXPECT_EQ(config.section("d").duration_ns("e", "5ms", "1ms", "1s"), 5'000'000u);
  EXPECT_TRUE(config.section("d").section("f").tables("g").empty());
  EXPECT_TRUE(config.texts("h").empty());
  EXPECT_EQ(error_of([&] { config.need_integer("port", 1, 2); }),
            "empty.toml:1: port: is missing");
  EXPECT_NO_THROW(config.reject_unknown());
}

TEST(Config, UnknownKeysNameFileLineAndTheNearestKey) {
  const auto unknown = [](const char* text) {
    return error_of([text] {
      const ConfigTable config = parse_config(text, "engine.toml");
      config.integer("port", 1, 1, 9);
      const ConfigTable net = config.section("net");
      net.duration_ns("timeout", "1ms", "1us", "1s");
      for (const ConfigTable& market : config.tables("market")) market.text("symbol", "");
      config.reject_unknown();
    });
  };
  EXPECT_EQ(unknown("port = 1\n"), "no error");
  EXPECT_EQ(unknown("port = 1\nprot = 2\n"),
            "engine.toml:2: unknown key \"prot\"; did you mean \"port\"?");
  EXPECT_EQ(unknown("[net]\n\ntimout = \"1ms\"\n"),
            "engine.toml:3: unknown key \"net.timout\"; did you mean \"net.timeout\"?");
  EXPECT_EQ(unknown("[[market]]\nsymbol = \"a\"\n[[market]]\nsymbl = \"b\"\n"),
            "engine.toml:4: unknown key \"market.symbl\"; did you mean \"market.symbol\"?");
  EXPECT_EQ(unknown("[nett]\n"), "engine.toml:1: unknown key \"nett\"; did you mean \"net\"?");
  EXPECT_EQ(unknown("completely_different = 1\n"),
            "engine.toml:1: unknown key \"completely_different\"");
}

TEST(Config, WrongValuesNameFileLineAndRange) {
  const ConfigTable config = parse_config(
      "port = 70000\nname = 5\nmode = \"dsik\"\nwait = \"5 ms\"\nsize = \"2KiB\"\nlist = [1, "
      "\"a\"]\nnet = 3\n",
      "x.toml");
  EXPECT_EQ(error_of([&] { config.integer("port", 1, 1, 65'535); }),
            "x.toml:1: port: 70000 is not within 1 to 65535");
  EXPECT_EQ(error_of([&] { config.text("name", ""); }),
            "x.toml:2: name: must be a text in quotes");
  EXPECT_EQ(error_of([&] { config.choice("mode", "disk", {"memory", "disk"}); }),
            "x.toml:3: mode: \"dsik\" is not one of \"memory\", \"disk\"");
  EXPECT_EQ(error_of([&] { config.duration_ns("wait", "1ms", "1us", "1s"); }),
            "x.toml:4: wait: \"5 ms\" is not a number with a unit like \"250us\", \"5ms\" or "
            "\"2s\"");
  EXPECT_EQ(error_of([&] { config.size_bytes("size", "1MiB", "4KiB", "1GiB"); }),
            "x.toml:5: size: 2KiB is not within 4KiB to 1GiB");
  EXPECT_EQ(error_of([&] { config.integers("list", 0, 9); }),
            "x.toml:6: list: must be a list of whole numbers");
  EXPECT_EQ(error_of([&] { config.section("net"); }), "x.toml:7: net: must be a section [net]");
  EXPECT_EQ(error_of([&] { config.tables("net"); }),
            "x.toml:7: net: must be sections [[net]]");
  EXPECT_EQ(error_of([&] { config.boolean("port", true); }),
            "x.toml:1: port: must be true or false");
  EXPECT_EQ(error_of([&] { config.fail("mode", "does not fit the rest"); }),
            "x.toml:3: mode: does not fit the rest");
}

TEST(Config, FilesThatAreNotConfigurations) {
  Folder folder;
  EXPECT_EQ(error_of([&] { load_config(folder / "none.toml"); }),
            (folder / "none.toml") + ": cannot be read");
  write_text(folder / "bad.toml", "a = 1\nb = = 2\n");
  const std::string error = error_of([&] { load_config(folder / "bad.toml"); });
  EXPECT_TRUE(error.starts_with((folder / "bad.toml") + ":2: ")) << error;
  write_text(folder / "twice.toml", "a = 1\na = 2\n");
  EXPECT_NE(error_of([&] { load_config(folder / "twice.toml"); }), "no error");
}

// toml++ 3.3 ends the process at some of these, and at others does what it likes.
TEST(Config, CharactersThatTomlDoesNotHaveAreRefusedByLine) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text :
       {"a = 1\n[\x1f\0= 2]"sv, "a = 1\nb = 5\xd0\xb5"sv, "\n\x7f"sv, "\n# \x01"sv,
        "\nb = \"\0\""sv, "\n\xc3\xa9 = 1"sv,
        "\nb = \"\"\"\\  \xc3\xa9\"\"\""sv, "\nb = \"\\\xc3\xa9\""sv}) {
    EXPECT_EQ(error_of([text] { parse_config(text, "x.toml"); }),
              "x.toml:2: a character that may not stand there") << text;
  }
  for (const char* text : {"b = 0\"\xef\xb9\xbf\"", "b'\xc3\xa9' = 1", "b = 2.'\xc3\xa9'"}) {
    EXPECT_TRUE(error_of([text] { parse_config(text, "x.toml"); }).starts_with("x.toml:1: "));
  }
  EXPECT_EQ(error_of([] { parse_config("a = 1\n[)]\n", "x.toml"); }),
            "x.toml:1: is not TOML, nobody can say in which line");
  const ConfigTable good = parse_config(
      "# \xc3\xa9\na = '\xc3\xa9 \\' # \"\nb = \"\xc3\xa9 \\\" '\"\n"
      "c = \"\"\"a\n \xc3\xa9\"\"\"\"\nd=[\"\xc3\xa9\",'\xc3\xa9']\ne={\"\xc3\xa9\"='\xc3\xa9'}\n"
      "f.\"\xc3\xa9\" = 1\n",
      "x.toml");
  EXPECT_EQ(good.need_text("a"), "\xc3\xa9 \\");
  EXPECT_EQ(good.need_text("b"), "\xc3\xa9 \" '");
}

TEST(Config, UnitsAreExact) {
  std::uint64_t value = 0;
  EXPECT_TRUE(parse_duration_ns("18446744073s", value));
  EXPECT_EQ(value, 18'446'744'073'000'000'000u);
  EXPECT_FALSE(parse_duration_ns("18446744074s", value)) << "overflows";
  for (const char* text : {"", "5", "ms", "-5ms", "5.5ms", "5MS", "5ms ", "5 ms", "1d",
                           "99999999999999999999ns"}) {
    EXPECT_FALSE(parse_duration_ns(text, value)) << text;
  }
  EXPECT_TRUE(parse_size_bytes("2GiB", value));
  EXPECT_EQ(value, std::uint64_t{2} << 30);
  EXPECT_FALSE(parse_size_bytes("2GB", value));
  EXPECT_FALSE(parse_size_bytes("16777216TiB", value)) << "overflows";
}

// ---- counters ------------------------------------------------------------------------------

enum : std::uint32_t { kOrders, kDepth, kSyncs };
constexpr CounterSpec kSpecs[] = {
    {"orders", "commands", "Orders taken", CounterType::kCounter, 0},
    {"depth", "orders", "Orders in the book", CounterType::kGauge, 0},
    {"syncs", "calls", "Syncs of the log", CounterType::kCounter, 1},
};

TEST(Counters, AReaderFollowsTheWriterThroughItsRestart) {
  Folder folder;
  const std::string path = folder / "engine.counters";
  std::string error;
  EXPECT_EQ(CounterReader::open(path, error), nullptr);
  EXPECT_NE(error.find(path), std::string::npos);
  auto writer = Counters::create(path, "saker-engine", kSpecs, error);
  ASSERT_NE(writer, nullptr) << error;
  const auto reader = CounterReader::open(path, error);
  ASSERT_NE(reader, nullptr) << error;
  writer->add(kOrders);
  writer->add(kOrders, 41);
  writer->set(kDepth, 7);
  EXPECT_EQ(writer->get(kOrders), 42u);
  EXPECT_EQ(reader->value_of("orders"), 42u);
  EXPECT_EQ(reader->value_of("depth"), 7u);
  EXPECT_EQ(reader->value_of("unheard_of"), 0u);
  EXPECT_EQ(reader->find("syncs"), 2);
  EXPECT_EQ(reader->counters()[1].unit, "orders");
  EXPECT_EQ(reader->counters()[1].help, "Orders in the book");
  EXPECT_EQ(reader->counters()[1].type, CounterType::kGauge);
  EXPECT_EQ(reader->process(), "saker-engine");
  EXPECT_EQ(reader->pid(), ::getpid());
  EXPECT_GT(reader->started_ns(), 0u);
  EXPECT_TRUE(reader->writer_alive());
  EXPECT_FALSE(reader->refresh());

  writer.reset();
  EXPECT_EQ(reader->value_of("orders"), 42u) << "the last values stay";
  constexpr CounterSpec kOthers[] = {{"fills", "trades", "Trades", CounterType::kCounter, 0}};
  writer = Counters::create(path, "saker-engine", kOthers, error);
  ASSERT_NE(writer, nullptr) << error;
  writer->add(0, 5);
  EXPECT_EQ(reader->value_of("orders"), 42u) << "until it looks again";
  EXPECT_TRUE(reader->refresh());
  EXPECT_EQ(reader->value_of("orders"), 0u);
  EXPECT_EQ(reader->value_of("fills"), 5u);
}

TEST(Counters, SurviveTheirWriter) {
  Folder folder;
  const std::string path = folder / "engine.counters";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string error;
    const auto writer = Counters::create(path, "victim", kSpecs, error);
    writer->add(kSyncs, 9);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  std::string error;
  const auto reader = CounterReader::open(path, error);
  ASSERT_NE(reader, nullptr) << error;
  EXPECT_EQ(reader->value_of("syncs"), 9u);
  EXPECT_EQ(reader->pid(), child);
  EXPECT_FALSE(reader->writer_alive());
}

TEST(Counters, ThreadsHaveCacheLinesOfTheirOwn) {
  const auto counters = Counters::in_memory(kSpecs);
  EXPECT_EQ(counters->count(), 3u);
  counters->add(kSyncs, 3);
  EXPECT_EQ(counters->get(kSyncs), 3u);
  EXPECT_EQ(counters->get(kOrders), 0u);
  const auto line = [&](std::uint32_t i) {
    return reinterpret_cast<std::uintptr_t>(counters->address(i)) / kCacheLine;
  };
  EXPECT_EQ(line(kOrders), line(kDepth));
  EXPECT_NE(line(kOrders), line(kSyncs));
}

TEST(Counters, DamagedFilesAreRefused) {
  Folder folder;
  const std::string path = folder / "c";
  std::string error;
  ASSERT_NE(Counters::create(path, "x", kSpecs, error), nullptr);
  std::ifstream file(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  for (std::size_t size = 0; size < good.size(); size += size < 64 ? 8 : 61) {
    write_text(folder / "cut", good.substr(0, size));
    EXPECT_EQ(CounterReader::open(folder / "cut", error), nullptr) << size;
  }
  // Any byte of header and table may be anything: refused or read, never out of the file.
  std::size_t sum = 0;
  for (std::size_t at = 0; at < good.size(); at += at < 64 ? 1 : 13) {
    std::string bad = good;
    bad[at] = '\xff';
    write_text(folder / "bad", bad);
    const auto reader = CounterReader::open(folder / "bad", error);
    if (reader == nullptr) continue;
    for (std::size_t i = 0; i < reader->counters().size(); ++i) sum += reader->value(i) != 0;
  }
  EXPECT_GT(sum, 0u);
}

TEST(Counters, WhatCannotBeCreatedIsSaid) {
  std::string error;
  EXPECT_EQ(Counters::create("/nowhere/at/all", "x", kSpecs, error), nullptr);
  EXPECT_NE(error.find("/nowhere/at/all"), std::string::npos) << error;
}

// ---- secrets -------------------------------------------------------------------------------

TEST(SecretStore, MakesReadsAndKeepsKeys) {
  Folder folder;
  const std::string path = folder / "secrets";
  std::string error;
  SecretStore store(path);
  EXPECT_TRUE(store.load(error)) << "no directory, no keys";
  EXPECT_EQ(store.size(), 0u);
  ASSERT_TRUE(store.create(12, error)) << error;
  ASSERT_TRUE(store.create(3, error)) << error;
  ASSERT_NE(store.find(12), nullptr);
  const SecretStore::Secret first = *store.find(12);
  EXPECT_NE(first, *store.find(3));
  EXPECT_EQ(store.find(4), nullptr);
  ASSERT_TRUE(store.create(12, error));
  EXPECT_EQ(*store.find(12), first) << "what is there stays";
  struct stat info {};
  ASSERT_EQ(::stat((path + "/key-12.hex").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  SecretStore other(path);
  // A second process that has not looked since must not replace the key either.
  ASSERT_TRUE(other.create(12, error)) << error;
  EXPECT_EQ(*other.find(12), first);
  EXPECT_EQ(other.size(), 2u);
  EXPECT_FALSE(store.create(0, error));
  EXPECT_FALSE(store.create(SecretStore::kMaxKeyId + 1, error));
}

TEST(SecretStore, RefusesBadFilesByName) {
  Folder folder;
  const std::string good(64, 'a');
  const auto load = [&](const std::string& text, mode_t mode) {
    const std::string path = folder / "key-7.hex";
    ::unlink(path.c_str());
    write_text(path, text);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    std::string error;
    SecretStore store(folder / "");
    const bool loaded = store.load(error);
    EXPECT_EQ(loaded, error.empty()) << error;
    EXPECT_EQ(error.empty(), error.find("key-7.hex") == std::string::npos) << error;
    return loaded;
  };
  EXPECT_TRUE(load(good, 0600));
  EXPECT_TRUE(load(good + "\n", 0400));
  EXPECT_FALSE(load(good, 0640));
  EXPECT_FALSE(load(good, 0604));
  EXPECT_FALSE(load(good + "a", 0600));
  EXPECT_FALSE(load(good + "\n\n", 0600));
  EXPECT_FALSE(load(good.substr(1), 0600));
  EXPECT_FALSE(load("", 0600));
  EXPECT_FALSE(load(std::string(64, 'g'), 0600));
  EXPECT_FALSE(load(std::string(100'000, 'a'), 0600));
  // Names that are not keys are not looked at.
  ::unlink((folder / "key-7.hex").c_str());
  for (const char* name : {"key-.hex", "key-0.hex", "key-07.hex", "key-x.hex", "key-7.txt",
                           "key-7.hex.12.new", "key-99999999999.hex", "README"}) {
    write_text(folder / name, "not a key");
  }
  std::string error;
  SecretStore store(folder / "");
  EXPECT_TRUE(store.load(error)) << error;
  EXPECT_EQ(store.size(), 0u);
}

// ---- placement -----------------------------------------------------------------------------

TEST(Placement, FindsWhatIsWrongWithAPlan) {
  EXPECT_TRUE(check_placement({}).problems.empty());
  const auto free = check_placement({{"engine", -1}, {"log_writer", -1}});
  EXPECT_TRUE(free.problems.empty());
  EXPECT_EQ(free.plan.size(), 2u);
  const auto missing = check_placement({{"engine", 100'000}});
  ASSERT_EQ(missing.problems.size(), 1u);
  EXPECT_NE(missing.problems[0].find("100000"), std::string::npos);
  const int here = ::sched_getcpu();
  const auto shared = check_placement({{"engine", here}, {"log_writer", here}});
  ASSERT_FALSE(shared.problems.empty());
  EXPECT_NE(shared.problems.back().find("share cpu"), std::string::npos);
}

TEST(Placement, FollowsTheNetworkCard) {
  // Node 0: cpus 0 to 7, node 1: 8 to 15; two of each core.
  struct Case {
    std::vector<int> cpus;        // of engine and log_writer
    int card_node;
    std::vector<int> isolated;
    const char* problem;          // nullptr: the plan is good
    std::vector<int> chosen;
  };
  const Case cases[] = {
      {{-1, -1}, -1, {}, nullptr, {15, 13}},
      {{-1, -1}, 0, {}, nullptr, {7, 5}},
      {{-1, -1}, 1, {8, 9, 10}, nullptr, {10, 9}},   // isolated ones first
      {{-1, -1}, 0, {8, 9, 10}, nullptr, {7, 5}},    // but not those of the other node
      {{-1, 6}, 0, {}, nullptr, {5, 6}},             // 7 is the other half of 6's core
      {{2, 4}, 0, {}, nullptr, {2, 4}},
      {{2, 12}, 0, {}, "NUMA node 1", {2, 12}},
      {{2, 3}, -1, {}, "hyper-threads of one core", {2, 3}},
      {{0, 4}, -1, {}, "housekeeping", {0, 4}},
      {{16, 4}, -1, {}, "does not exist", {16, 4}},
  };
  for (const Case& c : cases) {
    pretend_machine("numa:2 core:4 pu:2", c.isolated);
    const DeviceLocality card{"0000:af:00.0", c.card_node};
    const auto threads =
        choose_placement({{"engine", c.cpus[0]}, {"log_writer", c.cpus[1]}}, card);
    EXPECT_EQ(threads[0].cpu, c.chosen[0]);
    EXPECT_EQ(threads[1].cpu, c.chosen[1]);
    const PlacementReport report = check_placement(threads, card);
    if (c.problem == nullptr) {
      EXPECT_TRUE(report.problems.empty()) << report.problems[0];
      EXPECT_NE(report.plan[0].find("0000:af:00.0"), std::string::npos);
    } else {
      ASSERT_EQ(report.problems.size(), 1u);
      EXPECT_NE(report.problems[0].find(c.problem), std::string::npos) << report.problems[0];
    }
  }
  pretend_machine("core:1 pu:2");
  EXPECT_EQ(choose_placement({{"engine", -1}, {"log_writer", -1}})[1].cpu, -1) << "no room";
  pretend_machine("");
}

TEST(Placement, PinsTheThread) {
  const int here = ::sched_getcpu();
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  std::string error;
  ASSERT_TRUE(place_this_thread({"pinned", here}, error)) << error;
  cpu_set_t now;
  ASSERT_EQ(::sched_getaffinity(0, sizeof now, &now), 0);
  EXPECT_EQ(CPU_COUNT(&now), 1);
  EXPECT_TRUE(CPU_ISSET(here, &now));
  EXPECT_FALSE(place_this_thread({"nowhere", 100'000}, error));
  EXPECT_NE(error.find("nowhere"), std::string::npos);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace saker
