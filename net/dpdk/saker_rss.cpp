// saker-rss: which source ports lead a client's datagrams to the receive queue of order entry, on
// cards that spread by RSS and cannot be told otherwise (ENA).
#include <cstdio>
#include <string>

#include "common/command_line.hpp"
#include "net/dpdk/dpdk_config.hpp"
#include "net/endpoint.hpp"

namespace saker::net {
namespace {

struct Wanted {
  std::string client;
  std::string engine;
  std::string key;
  std::uint16_t queues = 2;
  std::uint16_t queue = 1;
  std::uint16_t entries = 128;
  std::uint16_t first = 20'000;
  std::uint16_t last = 59'999;
  std::uint32_t count = 16;
};

int plan(const Wanted& wanted) {
  const auto refuse = [](const char* what) {
    std::fprintf(stderr, "saker-rss: %s\n", what);
    return 2;
  };
  std::uint32_t client = 0;
  Endpoint engine;
  RssKey key = kMicrosoftRssKey;
  if (!parse_address(wanted.client, client)) return refuse("--client must be an IPv4 address");
  if (!parse_endpoint(wanted.engine, engine)) return refuse("--engine must be ADDRESS:PORT");
  if (!wanted.key.empty() && !parse_rss_key(wanted.key, key)) {
    return refuse("--key must be 80 hexadecimal digits");
  }
  if (wanted.queue >= wanted.queues) return refuse("--queue must be below --queues");
  if (wanted.entries == 0 || (wanted.entries & (wanted.entries - 1)) != 0) {
    return refuse("--table must be a power of two");
  }
  const RssPlan rss = RssPlan::even(key, wanted.entries, wanted.queues);
  const auto ports = plan_source_ports(rss, client, engine, wanted.queue, wanted.count,
                                       wanted.first, wanted.last);
  for (const std::uint16_t port : ports) std::printf("%u\n", unsigned{port});
  return ports.empty() ? 1 : 0;
}

}  // namespace
}  // namespace saker::net

int main(int argc, char** argv) {
  saker::net::Wanted wanted;
  saker::CommandLine app("Source ports from which a client's datagrams reach one receive queue.");
  app.option("--client", wanted.client, "address of the client");
  app.option("--engine", wanted.engine, "address and port of order entry, 10.0.0.1:3001");
  app.option("--queues", wanted.queues, "receive queues of the engine's card").shown();
  app.option("--queue", wanted.queue, "the one that the client is to reach").shown();
  app.option("--table", wanted.entries, "entries of the card's RSS table").shown();
  app.option("--key", wanted.key, "RSS key, 80 hexadecimal digits; else the usual one");
  app.option("--first", wanted.first, "lowest port to try").shown();
  app.option("--last", wanted.last, "highest port to try").shown();
  app.option("--count", wanted.count, "most ports to print").shown();
  if (const auto code = app.parse(argc, argv)) return *code;
  return saker::net::plan(wanted);
}
