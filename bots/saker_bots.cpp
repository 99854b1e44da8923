// saker-bots: the venue's own traders of six kinds, over the SDK like any customer. One thread, one
// socket per session and one per feed line; sleeps when nothing is to be done.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>

#include "bots/bot_counters.hpp"
#include "client/reasons.hpp"
#include "client/socket_session.hpp"
#include "client/subscribed_feed.hpp"
#include "common/command_line.hpp"
#include "common/config.hpp"

namespace saker::bots {
namespace {

using SocketBot = Bot<net::UdpTransport>;
using SharedFeed = client::SubscribedFeed<net::UdpTransport, client::FeedHandler>;

volatile sig_atomic_t stop_asked = 0;

struct Options {
  std::string config = "bots/bots.toml";
  std::string data = ".saker";
  std::uint16_t port_base = client::kDefaultPortBase;
  int ready_fd = -1;
  std::uint32_t speed = 0;  // 0: as the configuration says
};

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("saker-bots: ", stdout);
  std::vfprintf(stdout, format, arguments);
  std::fputc('\n', stdout);
  std::fflush(stdout);
  va_end(arguments);
}

class Process {
 public:
  explicit Process(const Options& options) : options_(options) {}

  int run() {
    config_ = load_bots_config(options_.config);
    if (config_.bots.empty()) throw ConfigError(options_.config + ": no bots");
    if (options_.speed != 0) config_.speed = options_.speed;
    speed_up(config_, std::min(config_.speed, kMostSpeed));
    if (config_.speed > 1) say("speed %u: for tests, not for trading", config_.speed);
    block_signals();
    open_bots();
    // One feed for all: the first bot's session subscribes.
    feed_ = std::make_unique<SharedFeed>(*line_a_, *line_b_,
                                         bots_.front()->session().queries(), feed_handler_);
    std::string error;
    if (!counters_.open(options_.data + "/run/bots.counters", config_.bots, error)) {
      say("no counters: %s", error.c_str());
    }
    for (auto& bot : bots_) bot->start(now());
    while (!finished()) turn();
    for (auto& bot : bots_) summarize(*bot);
    return 0;
  }

 private:
  static constexpr std::uint64_t kPublishNs = 200'000'000;

  void block_signals() {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked_);
    struct sigaction action {};
    action.sa_handler = [](int) { stop_asked = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
  }

  std::unique_ptr<net::UdpTransport> open(net::Endpoint venue) {
    std::string error;
    auto socket = client::open_socket(venue, error);
    if (socket == nullptr) throw ConfigError(error);
    fds_.push_back({socket->fd(), POLLIN, 0});
    return socket;
  }

  void open_bots() {
    net::Endpoint venue;
    for (const BotConfig& bot : config_.bots) {
      client::SessionConfig session;
      std::string error;
      if (!client::load_session(options_.data + "/secrets", bot.session, bot.key, config_.host,
                                options_.port_base, session, error)) {
        throw ConfigError(bot.name + ": " + error);
      }
      venue = session.engine;
      sockets_.push_back(open(venue));
      bots_.push_back(std::make_unique<SocketBot>(bot, session, *sockets_.back()));
    }
    line_a_ = open(venue);
    line_b_ = open(venue);
    was_on_.resize(bots_.size());
  }

  TimeNs now() { return clock_.now_ns(); }

  void turn() {
    const TimeNs now_ns = now();
    if (stop_asked && stop_by_ns_ == 0) begin_stop(now_ns);
    feed_->poll(now_ns, bots_.front()->session().orders(),
               client::subscription(*line_a_, *line_b_));
    TimeNs deadline = std::min(feed_->feed().next_deadline_ns(), now_ns + kPublishNs);
    for (auto& bot : bots_) {
      bot->poll(now_ns, feed_->feed().market(bot->config().market), feed_->live());
      deadline = std::min(deadline, bot->next_deadline_ns());
    }
    watch();
    if (now_ns >= publish_at_ns_) {
      publish_at_ns_ = now_ns + kPublishNs;
      for (std::size_t i = 0; i < bots_.size(); ++i) counters_.publish(i, *bots_[i]);
    }
    sleep_until(deadline);
  }

  void sleep_until(TimeNs deadline) {
    const TimeNs now_ns = now();
    const std::uint64_t left = deadline > now_ns ? deadline - now_ns : 0;
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000),
                           static_cast<long>(left % 1'000'000'000)};
    ::ppoll(fds_.data(), fds_.size(), &timeout, &unblocked_);
  }

  /// Tells what changed, and the launcher when all are ready.
  void watch() {
    bool all_on = true;
    for (std::size_t i = 0; i < bots_.size(); ++i) {
      const bool on = bots_[i]->session().orders().logged_on();
      all_on = all_on && on && !bots_[i]->tracker().resyncing();
      if (on == was_on_[i]) continue;
      was_on_[i] = on;
      say("%s (session %u) %s", bots_[i]->config().name.c_str(), bots_[i]->config().session,
          on ? "logged on" : stop_by_ns_ != 0 ? "logged off" : "lost the engine, logging on again");
    }
    if (feed_->feed().state() != feed_state_) {
      feed_state_ = feed_->feed().state();
      static constexpr const char* kWords[] = {"stopped", "recovering", "live", "stale"};
      say("feed %s at %lu", kWords[static_cast<int>(feed_state_)],
          static_cast<unsigned long>(feed_->feed().next_sequence()));
    }
    if (ready_ || !all_on || !feed_->live()) return;
    ready_ = true;
    say("ready: %zu bots trade", bots_.size());
    if (options_.ready_fd < 0) return;
    if (::write(options_.ready_fd, "ready\n", 6) != 6) say("nobody hears that we are ready");
    ::close(options_.ready_fd);
  }

  void begin_stop(TimeNs now_ns) {
    stop_by_ns_ = now_ns + config_.stop_patience_ns;
    say("stopping: taking all orders out");
    for (auto& bot : bots_) bot->stop();
  }

  bool finished() {
    if (stop_by_ns_ == 0) return false;
    const bool all = std::all_of(bots_.begin(), bots_.end(), [](auto& b) { return b->stopped(); });
    if (!all && now() < stop_by_ns_) return false;
    if (!all) say("the engine did not confirm in time; cancel on disconnect takes the rest");
    return true;
  }

  void summarize(SocketBot& bot) {
    const BotStats& s = bot.stats();
    say("%s: %lu commands, %lu rejected (last: %s), %lu fills, %lu as maker, %lu reports missed, "
        "%zu orders left, inventory %ld, round trip p50 %.0f us p99 %.0f us",
        bot.config().name.c_str(), static_cast<unsigned long>(s.commands),
        static_cast<unsigned long>(s.rejected), client::reason_word(s.last_reject),
        static_cast<unsigned long>(s.fills), static_cast<unsigned long>(s.maker_fills),
        static_cast<unsigned long>(bot.session().orders().counters().reports_lost),
        bot.tracker().open_orders(),
        static_cast<long>(bot.inventory_lots()),
        static_cast<double>(s.round_trip.percentile_ns(50)) / 1e3,
        static_cast<double>(s.round_trip.percentile_ns(99)) / 1e3);
  }

  Options options_;
  BotsConfig config_;
  std::vector<std::unique_ptr<net::UdpTransport>> sockets_;
  std::unique_ptr<net::UdpTransport> line_a_, line_b_;
  std::vector<std::unique_ptr<SocketBot>> bots_;
  client::FeedHandler feed_handler_;
  std::unique_ptr<SharedFeed> feed_;
  BotCounters counters_;
  std::vector<pollfd> fds_;
  std::vector<bool> was_on_;
  client::FeedState feed_state_ = client::FeedState::kStopped;
  sigset_t unblocked_;
  bool ready_ = false;
  const UnsteppedClock clock_;
  TimeNs publish_at_ns_ = 0;
  TimeNs stop_by_ns_ = 0;
};

}  // namespace
}  // namespace saker::bots

int main(int argc, char** argv) {
  saker::bots::Options options;
  saker::CommandLine app{"Traders of six kinds that make the default venue lively.", "saker-bots"};
  app.option("--config", options.config, "configuration file").shown();
  app.option("--data", options.data, "data directory of the venue").shown();
  app.option("--port-base", options.port_base, "first UDP port of the venue").shown();
  app.option("--speed", options.speed, "so many times as much as configured, up to 1000");
  app.option("--ready-fd", options.ready_fd, "write a line here when all trade");
  if (const auto code = app.parse(argc, argv)) return *code;
  try {
    return saker::bots::Process(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saker-bots: %s\n", error.what());
    return 1;
  }
}
