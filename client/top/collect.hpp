// Where the model comes from: the feed through a view-only session, and the counters that the
// processes publish below DATA/run.
#pragma once

#include <deque>
#include <memory>

#include "client/socket_session.hpp"
#include "client/subscribed_feed.hpp"
#include "client/top/model.hpp"
#include "common/counters.hpp"

namespace saker::client::top {

struct CollectConfig {
  std::string data = ".saker";
  std::string host = "127.0.0.1";
  std::uint16_t port_base = kDefaultPortBase;
  std::uint32_t session = 4;
  std::uint32_t key = 4;
  std::size_t depth = 40;  // levels a side
};

class Collector : public OrderEntryHandler, public FeedHandler {
 public:
  explicit Collector(const CollectConfig& config) : config_(config) {}

  /// Logs on. When that cannot even be tried (no secret), the counters are shown all the same.
  void start(TimeNs now_ns);
  /// Everything received, everything due; never blocks.
  void poll(TimeNs now_ns);
  void stop(TimeNs now_ns);
  /// The descriptors to wait for, -1 where there is none.
  std::array<int, 3> descriptors() const;
  TimeNs next_deadline_ns() const;
  bool live() const { return feed_ != nullptr && feed_->live(); }

  /// The model as of now; reads counters and directory anew.
  const Model& refresh(TimeNs now_ns);

  // -- callbacks
  void on_logged_on(const proto::LogonAccepted&) { ++logons_; }
  void on_logon_refused(proto::Reason reason) { refused_ = reason; }
  void on_trade(const FeedMarket& market, const proto::FeedMessage& message);

 private:
  static constexpr std::size_t kTape = 100;

  void read_counters(const char* name, std::unique_ptr<CounterReader>& reader,
                     CounterModel& model) const;
  void refresh_markets();
  void refresh_bots(TimeNs now_ns);
  void refresh_disk();
  std::string notice() const;

  CollectConfig config_;
  Model model_;
  std::string problem_;
  proto::Reason refused_ = proto::Reason::NONE;
  std::uint64_t logons_ = 0;
  std::unique_ptr<net::UdpTransport> socket_, line_a_, line_b_;
  std::unique_ptr<SocketSession<Collector>> session_;
  std::unique_ptr<SubscribedFeed<net::UdpTransport, Collector>> feed_;
  std::map<std::uint32_t, std::deque<TradeRow>> tapes_;
  std::map<std::uint32_t, std::int64_t> first_prices_;
  std::unique_ptr<CounterReader> engine_, follower_, bots_;
  struct Sample {
    TimeNs time_ns = 0;
    std::uint64_t commands = 0;
    double rate = 0;
  };
  std::map<std::string, Sample> samples_;
  TimeNs disk_read_ns_ = 0;
};

}  // namespace saker::client::top
