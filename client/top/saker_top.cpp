// saker-top: the venue live in a terminal, or once as text or JSON for scripts.
#include <poll.h>

#include <cstdio>

#include "client/top/collect.hpp"
#include "client/top/json.hpp"
#include "client/top/render.hpp"
#include "client/top/terminal.hpp"
#include "common/command_line.hpp"

namespace saker::client::top {
namespace {

struct Options {
  CollectConfig collect;
  bool once = false;
  std::string format = "text";
  std::uint32_t market = 1;
  std::uint32_t interval_ms = 250;
  std::uint32_t patience_ms = 10'000;
  std::size_t width = 80, height = 40;
};

const UnsteppedClock timer_clock;

/// Waits for datagrams or keys, at most until `until_ns`.
void wait(const Collector& collector, bool keys, TimeNs until_ns) {
  const TimeNs now_ns = timer_clock.now_ns();
  const TimeNs deadline = std::min(until_ns, collector.next_deadline_ns());
  const std::uint64_t left = deadline > now_ns ? deadline - now_ns : 0;
  pollfd fds[4];
  nfds_t count = 0;
  for (const int fd : collector.descriptors()) {
    if (fd >= 0) fds[count++] = {fd, POLLIN, 0};
  }
  if (keys) fds[count++] = {0, POLLIN, 0};
  const timespec timeout{static_cast<time_t>(left / 1'000'000'000),
                         static_cast<long>(left % 1'000'000'000)};
  ::ppoll(fds, count, &timeout, nullptr);
}

/// Gathers until the feed is live, then prints. 0 when everything asked for was there.
int once(const Options& options) {
  Collector collector(options.collect);
  TimeNs now_ns = timer_clock.now_ns();
  const TimeNs give_up_ns = now_ns + std::uint64_t{options.patience_ms} * 1'000'000;
  collector.start(now_ns);
  // A second longer than needed: rates and trades then have something to show.
  TimeNs show_ns = 0;
  while (now_ns < give_up_ns && (show_ns == 0 || now_ns < show_ns)) {
    collector.poll(now_ns);
    if (collector.live() && show_ns == 0) {
      show_ns = now_ns + 1'100'000'000;
      collector.refresh(now_ns);
    }
    if (collector.next_deadline_ns() == UINT64_MAX) break;
    wait(collector, false, show_ns != 0 ? show_ns : give_up_ns);
    now_ns = timer_clock.now_ns();
  }
  const Model& model = collector.refresh(now_ns);
  if (options.format == "json") {
    std::printf("%s\n", to_json(model).c_str());
  } else {
    View view{options.width, options.height, options.market, false, false};
    for (const std::string& line : render(model, view)) std::printf("%s\n", line.c_str());
  }
  collector.stop(now_ns);
  return model.feed == FeedState::kLive && model.engine.alive ? 0 : 1;
}

class Screen {
 public:
  explicit Screen(const Options& options) : options_(options), collector_(options.collect) {
    view_.market = options.market;
  }

  int run() {
    if (!terminal_.open()) {
      std::fprintf(stderr, "saker-top: not a terminal; use --once, or --format json\n");
      return 2;
    }
    TimeNs now_ns = timer_clock.now_ns();
    collector_.start(now_ns);
    while (!terminal_.end_asked() && !done_) {
      now_ns = timer_clock.now_ns();
      collector_.poll(now_ns);
      bool draw = now_ns >= draw_at_ns_ || terminal_.redraw_needed();
      for (KeyPress press = terminal_.key(); press.key != Key::kNone; press = terminal_.key()) {
        on_key(press);
        draw = true;
      }
      if (draw) show(now_ns);
      wait(collector_, true, draw_at_ns_);
    }
    collector_.stop(now_ns);
    terminal_.close();
    return 0;
  }

 private:
  void on_key(KeyPress press) {
    const std::uint32_t markets = std::max<std::uint32_t>(1, markets_);
    switch (press.key) {
      case Key::kQuit: done_ = true; break;
      case Key::kHelp: view_.help = !view_.help; break;
      case Key::kNext: view_.market = view_.market % markets + 1; break;
      case Key::kPrevious: view_.market = (view_.market + markets - 2) % markets + 1; break;
      case Key::kDigit:
        if (press.digit <= markets) view_.market = press.digit;
        break;
      default: break;
    }
  }

  void show(TimeNs now_ns) {
    draw_at_ns_ = now_ns + std::uint64_t{options_.interval_ms} * 1'000'000;
    terminal_.size(view_.width, view_.height);
    const Model& model = collector_.refresh(now_ns);
    markets_ = static_cast<std::uint32_t>(model.markets.size());
    std::string picture = "\x1b[H";
    std::size_t row = 0;
    for (const std::string& line : render(model, view_)) {
      picture += line + "\x1b[0m\x1b[K";
      if (++row < view_.height) picture += "\r\n";
    }
    terminal_.show(picture + "\x1b[J");
  }

  Options options_;
  Collector collector_;
  Terminal terminal_;
  View view_;
  bool done_ = false;
  std::uint32_t markets_ = 0;
  TimeNs draw_at_ns_ = 0;
};

}  // namespace
}  // namespace saker::client::top

int main(int argc, char** argv) {
  saker::client::top::Options options;
  saker::CommandLine app{
      "The venue live: book, trades, engine, follower, bots. Keys: ? for help, q quits.",
      "saker-top"};
  auto& collect = options.collect;
  app.option("--data", collect.data, "data directory of the venue").shown();
  app.option("--host", collect.host, "address of the venue").shown();
  app.option("--port-base", collect.port_base, "first UDP port of the venue").shown();
  app.option("--session", collect.session, "view-only session to log on as").shown();
  app.option("--key", collect.key, "its key id (default: the monitor's)").shown();
  app.option("--market", options.market, "market to show").shown();
  app.option("--interval", options.interval_ms, "milliseconds between pictures")
      .shown().range(20, 60'000);
  app.flag("--once", options.once, "print one picture and end");
  app.option("--format", options.format, "of --once: text or json (implies --once)")
      .shown().one_of({"text", "json"});
  app.option("--patience", options.patience_ms,
             "of --once: milliseconds to wait for the feed").shown();
  app.option("--width", options.width, "of --once: columns").shown();
  app.option("--height", options.height, "of --once: lines").shown();
  if (const auto code = app.parse(argc, argv)) return *code;
  if (options.once || options.format == "json") return saker::client::top::once(options);
  return saker::client::top::Screen(options).run();
}
