#include "sim/sim_client.hpp"

#include <algorithm>

namespace saker::sim {

using client::Result;
using proto::CommandKind;
using proto::ReportKind;

SimClient::SimClient(const Place& place, SimTransport& transport, const Watch& watch, Rng rng,
                     bool memory)
    : place_(place), transport_(transport), watch_(watch), rng_(rng), memory_(memory) {}

void SimClient::restart(TimeNs now_ns) {
  // Half of the programs keep the number of the next report on disk, the others begin anew.
  const bool remembers = sdk_ != nullptr && rng_.chance(500'000);
  resume_from_ = remembers ? sdk_->entry.next_report_sequence() : 0;
  const std::uint32_t epoch = remembers ? sdk_->entry.epoch() : 0;
  expected_report_.reset();
  if (resume_from_ != 0) expected_report_ = resume_from_;
  sdk_.reset();
  transport_.reset();
  sent_.clear();
  sent_kind_.clear();
  subscribe_at_ns_ = 0;
  client::SessionConfig config;
  config.session = place_.session;
  config.secret = secret_of(place_.session);
  config.engine = place_.engine;
  config.follower = place_.follower;
  config.nonce_seed = rng_.next();
  config.heartbeat_ms = 100;
  config.next_report_sequence = resume_from_;
  config.epoch = epoch;
  config.refused_retry_ns = 50'000'000;
  config.datagram_lifetime_ns = 100'000'000;
  client::FeedConfig feed;
  feed.ring_messages = 1024;
  feed.expected_orders = 64;
  sdk_ = std::make_unique<Sdk>(config, feed, transport_, *this);
  sdk_->entry.start(now_ns);
  sdk_->queries.start(now_ns);
  transport_.flush();
}

void SimClient::poll(TimeNs now_ns) {
  for (net::Datagram& datagram : transport_.receive()) {
    std::uint32_t magic = 0;
    if (datagram.size >= sizeof(magic)) std::memcpy(&magic, datagram.data, sizeof(magic));
    if (magic == proto::kFeedMagic) sdk_->feed.on_packet(datagram, now_ns);
    else if (datagram.peer == place_.follower) sdk_->queries.on_datagram(datagram, now_ns);
    else sdk_->entry.on_datagram(datagram, now_ns);
  }
  sdk_->entry.poll(now_ns);
  sdk_->queries.poll(now_ns);
  sdk_->feed.poll(now_ns);
  subscribe(now_ns);
  transport_.flush();
}

// ---- what it is told -----------------------------------------------------------------------

void SimClient::on_logged_on(const proto::LogonAccepted&) { subscribe_at_ns_ = 0; }

/// Half of the programs want the feed, and ask again until it comes.
void SimClient::subscribe(TimeNs now_ns) {
  if (place_.session % 2 != 0 || now_ns < subscribe_at_ns_) return;
  const client::FeedState state = sdk_->feed.state();
  const bool heard = state == client::FeedState::kLive || state == client::FeedState::kRecovering;
  if (subscribe_at_ns_ != 0 && heard) return;
  const std::uint16_t port = transport_.endpoint().port;
  const std::uint16_t line_b = rng_.chance(500'000) ? port : 0;
  if (!sdk_->entry.subscribe_feed(proto::FeedSubscribe(0, 0, port, line_b, 0))) return;
  subscribe_at_ns_ = now_ns + 200'000'000;
}

void SimClient::on_epoch_changed(std::uint32_t, std::uint32_t) {
  watch_.coverage.add(Count::epoch_changed);
  expected_report_.reset();
}

void SimClient::on_reports_lost(std::uint64_t from, std::uint64_t to) {
  watch_.coverage.add(Count::reports_lost);
  if (expected_report_ && *expected_report_ != from) {
    watch_.verdict.fail("client_stream", "session %u: lost %llu.. but expected %llu",
                        place_.session, ull(from), ull(*expected_report_));
  }
  expected_report_ = to;
}

void SimClient::on_feed_lost(std::uint64_t, std::uint64_t) {
  watch_.coverage.add(Count::feed_lost);
}

void SimClient::on_report(const proto::Report& report) {
  if (expected_report_ && report.report_sequence() != *expected_report_) {
    watch_.verdict.fail("client_stream", "session %u: its application got report %llu, not %llu",
                        place_.session, ull(report.report_sequence()), ull(*expected_report_));
  }
  expected_report_ = report.report_sequence() + 1;
  watch_.auditor.on_client_report(place_.session, report);
  const auto same = [&](const OpenOrder& order) { return order.order_id == report.order_id(); };
  const auto found = std::find_if(open_.begin(), open_.end(), same);
  switch (report.kind()) {
    case ReportKind::OrderAccepted:
      if (open_.size() < 64) {
        open_.push_back({report.order_id(), report.client_order_id(), report.account()});
      }
      break;
    case ReportKind::OrderFilled:
      watch_.coverage.add(Count::fill_reported);
      if (found != open_.end() && report.leaves_lots() == 0) open_.erase(found);
      break;
    case ReportKind::OrderCancelled:
      if (report.reason() == proto::Reason::CANCEL_DISCONNECT) {
        watch_.coverage.add(Count::cancelled_on_disconnect);
      }
      if (found != open_.end()) open_.erase(found);
      break;
    default: break;
  }
}

void SimClient::on_outcome(const client::Outcome& outcome) {
  const auto sent = sent_.find(outcome.client_sequence);
  if (sent == sent_.end()) {
    watch_.verdict.fail("outcome_unasked", "session %u: outcome of number %llu, never sent",
                        place_.session, ull(outcome.client_sequence));
    return;
  }
  const std::uint64_t hash = sent->second;
  switch (outcome.result) {
    case Result::kAccepted:
    case Result::kRejected:
      if (outcome.report_kind != ReportKind::None) {
        watch_.auditor.on_client_outcome(place_.session, outcome.client_sequence, hash);
      }
      break;
    case Result::kNotSequenced:
      watch_.coverage.add(Count::refused_busy);
      if (sent_kind_[outcome.client_sequence] == CommandKind::NewOrder) {
        watch_.auditor.on_not_sequenced(place_.session, outcome.client_sequence, hash);
      }
      break;
    case Result::kNeverApplied: watch_.coverage.add(Count::outcome_never_applied); break;
    case Result::kUnresolved: break;
  }
  sent_.erase(sent);
  sent_kind_.erase(outcome.client_sequence);
}

// ---- is it content? ------------------------------------------------------------------------

bool SimClient::quiet(std::string& why) const {
  const std::string name = "session " + std::to_string(place_.session) + ": ";
  if (!sdk_->entry.logged_on()) {
    why = name + "not logged on";
  } else if (sdk_->entry.in_flight() != 0) {
    why = name + std::to_string(sdk_->entry.in_flight()) + " commands undecided";
  } else if (sdk_->entry.next_report_sequence() != watch_.judge.reports_of(place_.session) + 1) {
    why = name + "next report " + std::to_string(sdk_->entry.next_report_sequence()) + " of " +
          std::to_string(watch_.judge.reports_of(place_.session));
  } else if (place_.session % 2 == 0 &&
             (sdk_->feed.state() != client::FeedState::kLive ||
              sdk_->feed.next_sequence() != watch_.judge.feed_count() + 1)) {
    why = name + "feed state " + std::to_string(static_cast<int>(sdk_->feed.state())) +
          ", next message " + std::to_string(sdk_->feed.next_sequence()) + " of " +
          std::to_string(watch_.judge.feed_count());
  } else {
    return true;
  }
  return false;
}

void SimClient::check_books() {
  const auto& feed = sdk_->feed;
  if (feed.state() != client::FeedState::kLive) return;
  for (std::uint32_t id = 1; id <= feed.market_count(); ++id) {
    const client::FeedMarket* market = feed.market(id);
    if (market == nullptr || !market->live) continue;
    // A book from a snapshot may be ahead of the messages heard.
    const std::uint64_t at = std::max(feed.next_sequence(), market->apply_from) - 1;
    if (at > watch_.judge.feed_count()) continue;
    if (at != 0 && watch_.judge.epoch_of(watch_.judge.feed_origin(at)) > feed.epoch()) continue;
    std::uint64_t print = 0;
    for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
      for (std::size_t i = 0; i < market->book.depth(side); ++i) {
        market->book.for_each_order(*market->book.level(side, i), [&](const auto& order) {
          print += order_print(id, order.feed_order_id, side, order.price_ticks,
                               order.quantity_lots);
        });
      }
    }
    watch_.coverage.add(Count::client_book_compared);
    if (print != watch_.judge.book_print(id, at)) {
      watch_.verdict.fail("client_book",
                          "session %u: its book of market %u (%zu orders, epoch %u) differs after "
                          "feed message %llu of %llu",
                          place_.session, id, market->book.order_count(), feed.epoch(), ull(at),
                          ull(watch_.judge.feed_count()));
    }
  }
}

}  // namespace saker::sim
