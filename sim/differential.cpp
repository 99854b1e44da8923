#include "sim/differential.hpp"

#include <fmt/format.h>

#include <cstring>

#include "sim/event_text.hpp"

namespace saker::sim {

namespace {

constexpr std::size_t kHistory = 30;

class Collector : public core::StateSink {
 public:
  void write(Bytes bytes) override { all.insert(all.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte> all;
};

class Replayer : public core::StateSource {
 public:
  explicit Replayer(Bytes bytes) : left_(bytes) {}
  bool read(std::span<std::byte> into) override {
    if (left_.size() < into.size()) return false;
    if (!into.empty()) std::memcpy(into.data(), left_.data(), into.size());
    left_ = left_.subspan(into.size());
    return true;
  }

 private:
  Bytes left_;
};

template <class A, class B>
bool same(std::span<const A> core, const std::vector<B>& model, std::size_t bytes) {
  if (core.size() != model.size()) return false;
  for (std::size_t i = 0; i < core.size(); ++i) {
    if (std::memcmp(&core[i], &model[i], bytes) != 0) return false;
  }
  return true;
}

template <class List>
void append_lines(std::string& text, std::string_view title, const List& list) {
  for (const auto& item : list) text += fmt::format("  {:6} {}\n", title, text_of(item));
}

core::LedgerLeg as_core(const naive::Leg& leg) {
  core::LedgerLeg result;
  static_assert(sizeof(result) == sizeof(leg));
  std::memcpy(static_cast<void*>(&result), &leg, sizeof(result));
  return result;
}

}  // namespace

Differential::Differential(const GeneratorConfig& config, const DifferentialOptions& options)
    : config_(config),
      options_(options),
      generator_(config),
      rng_(config.seed ^ 0xD1FF),
      naive_(generator_.genesis()) {
  const char* why = "";
  core_ = core::Core::create(generator_.genesis(), &why);
  SAKER_ASSERT(core_ != nullptr);
}

std::optional<std::string> Differential::run() {
  while (commands_ < options_.commands) {
    if (!step()) return difference_;
    if (generator_.in_setup()) continue;
    if (commands_ % options_.check_every == 0) full_check();
    if (commands_ % options_.copy_every == 0) continue_with_copy();
    if (commands_ % options_.drain_every == 0) {
      generator_.start_drain();
      while (!generator_.drained()) {
        if (!step()) return difference_;
      }
      generator_.end_drain();
      full_check();
      check_drained();
    }
    if (difference_) {
      difference_ = *difference_ + "\n" + story(nullptr);
      return difference_;
    }
  }
  full_check();
  return difference_;
}

bool Differential::step() {
  const core::Command command = generator_.next(core_->has_urgent_job(), core_->has_job());
  history_.push_back(text_of(command));
  if (history_.size() > kHistory) history_.pop_front();
  naive::Command same_command;
  same_command.sequence = command.sequence;
  same_command.time_ns = command.time_ns;
  same_command.kind = command.kind;
  same_command.session = command.envelope.session;
  same_command.client_sequence = command.envelope.client_sequence;
  same_command.received_ns = command.envelope.received_ns;
  same_command.received_source = command.envelope.received_source;
  same_command.body = command.body;
  if (command.kind == proto::CommandKind::Continue) {
    ++(naive_.has_urgent_job() ? sweep_steps_ : job_steps_);
  }
  most_open_orders_ = std::max(most_open_orders_, naive_.open_order_count());
  const naive::Events expected = naive_.apply(same_command);
  core_->apply(command, out_);
  ++commands_;
  count();
  compare_events(expected);
  compare_progress(expected);
  if (difference_) difference_ = *difference_ + "\n" + story(&expected);
  generator_.on_reports(out_.reports.view());
  return !difference_;
}

void Differential::compare_events(const naive::Events& expected) {
  if (!same(out_.reports.view(), expected.reports, core::kReportStableBytes)) {
    differ("reports differ");
  }
  if (!same(out_.feed.view(), expected.feed, sizeof(proto::FeedMessage))) differ("feed differs");
  if (!same(out_.definitions.view(), expected.definitions, sizeof(proto::MarketDefinition))) {
    differ("definitions differ");
  }
  if (!same(out_.legs.view(), expected.legs, sizeof(core::LedgerLeg))) differ("legs differ");
}

void Differential::compare_progress(const naive::Events& expected) {
  if (out_.chain_head != expected.chain_head) {
    differ(fmt::format("chain {:x}, expected {:x}", out_.chain_head, expected.chain_head));
  }
  if (core_->has_urgent_job() != naive_.has_urgent_job()) differ("urgent job differs");
  if (core_->has_job() != naive_.has_job()) differ("job differs");
  if (core_->next_feed_sequence() != naive_.next_feed_sequence()) differ("feed sequence differs");
  if (core_->open_order_count() != naive_.open_order_count()) differ("open orders differ");
}

void Differential::count() {
  for (const proto::Report& report : out_.reports.view()) {
    ++reasons_[static_cast<std::size_t>(report.reason())];
    ++kinds_[static_cast<std::size_t>(report.kind())];
  }
  outside_.resize(naive_.asset_count());
  for (const core::LedgerLeg& leg : out_.legs.view()) {
    if (leg.account == 0) outside_[leg.asset - 1] -= leg.amount;
  }
}

std::string Differential::story(const naive::Events* expected) const {
  std::string text = fmt::format("profile {} seed {} command {}\n", config_.profile, config_.seed,
                                 commands_);
  for (const std::string& line : history_) text += "    " + line + "\n";
  text += "core:\n";
  append_lines(text, "report", out_.reports.view());
  append_lines(text, "feed", out_.feed.view());
  append_lines(text, "define", out_.definitions.view());
  append_lines(text, "leg", out_.legs.view());
  if (expected == nullptr) return text;
  text += "naive model:\n";
  append_lines(text, "report", expected->reports);
  append_lines(text, "feed", expected->feed);
  append_lines(text, "define", expected->definitions);
  for (const naive::Leg& leg : expected->legs) {
    text += fmt::format("  {:6} {}\n", "leg", text_of(as_core(leg)));
  }
  return text;
}

// -- now and then -------------------------------------------------------------------------------

void Differential::full_check() {
  core_->check_invariants();
  check_balances();
  check_books();
  check_open_orders();
  check_sequences();
}

void Differential::check_balances() {
  for (std::uint32_t asset = 1; asset <= naive_.asset_count(); ++asset) {
    Int128 sum = 0;
    for (std::uint32_t account = 1; account <= naive_.account_count(); ++account) {
      const core::BalanceView is = core_->balance(AccountId{account}, AssetId{asset});
      const naive::Balance expected = naive_.balance(account, asset);
      sum += is.available;
      sum += is.held;
      if (is.available < 0 || is.held < 0) differ("a balance is negative");
      if (is.available == expected.available && is.held == expected.held) continue;
      differ(fmt::format("account {} asset {}: {} held {}, expected {} held {}", account, asset,
                         is.available, is.held, expected.available, expected.held));
    }
    if (sum != outside_[asset - 1]) {
      differ(fmt::format("asset {}: the sum of all accounts is not what came in", asset));
    }
  }
}

void Differential::check_books() {
  for (std::uint32_t market = 1; market <= naive_.market_count(); ++market) {
    std::int64_t best[2] = {0, 0};
    for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
      const auto expected = naive_.book(market, side);
      std::vector<proto::BookOrder> is;
      core_->for_each_book_order(MarketId{market}, side,
                                 [&](const proto::BookOrder& order) { is.push_back(order); });
      if (!same(std::span<const proto::BookOrder>(is), expected, sizeof(proto::BookOrder))) {
        differ(fmt::format("book of market {} side {} differs", market, static_cast<int>(side)));
      }
      if (!is.empty()) best[static_cast<int>(side)] = is.front().price_ticks();
    }
    if (best[0] != 0 && best[1] != 0 && best[0] >= best[1]) {
      differ(fmt::format("market {} is crossed: bid {} ask {}", market, best[0], best[1]));
    }
    const proto::MarketDefinition is = core_->definition(MarketId{market});
    if (std::memcmp(&is, &naive_.definition(market), sizeof(is)) != 0) {
      differ(fmt::format("definition of market {} differs", market));
    }
  }
}

void Differential::check_open_orders() {
  for (std::uint32_t account = 1; account <= naive_.account_count(); ++account) {
    const auto expected = naive_.open_orders(account);
    std::vector<proto::OpenOrder> is;
    core_->for_each_open_order(AccountId{account},
                               [&](const proto::OpenOrder& order) { is.push_back(order); });
    if (!same(std::span<const proto::OpenOrder>(is), expected, sizeof(proto::OpenOrder))) {
      differ(fmt::format("open orders of account {} differ", account));
    }
    if (core_->next_account_sequence(AccountId{account}) !=
        naive_.next_account_sequence(account)) {
      differ(fmt::format("drop copy of account {} differs", account));
    }
    if (expected.empty()) continue;
    const proto::OpenOrder& one = expected[rng_.below(expected.size())];
    if (one.client_order_id() == 0) continue;
    const proto::OpenOrder found =
        core_->find_client_order(AccountId{account}, one.client_order_id());
    if (found.order_id() != one.order_id() || found.leaves_lots() != one.leaves_lots()) {
      differ(fmt::format("account {} does not find its client order {}", account,
                         one.client_order_id()));
    }
  }
}

/// What a resend of any number would get.
void Differential::check_sequences() {
  for (std::uint32_t id = 1; id <= naive_.session_count(); ++id) {
    const std::uint64_t highest = naive_.session(id).highest;
    if (core_->session(SessionId{id}).highest_client_sequence != highest) {
      differ(fmt::format("highest client sequence of session {} differs", id));
    }
    for (int i = 0; i < 40; ++i) {
      const std::int64_t back = i < 8 ? std::array<std::int64_t, 8>{-1025, -1024, -1, 0, 255, 256,
                                                                    1023, 1024}[i]
                                      : rng_.between(-3, 1'100);
      const std::int64_t number = static_cast<std::int64_t>(highest) - back;
      if (number < 1) continue;
      const auto q = static_cast<std::uint64_t>(number);
      const auto is = core_->check_sequence(SessionId{id}, q);
      const auto expected = naive_.check_sequence(id, q);
      if (static_cast<int>(is) != static_cast<int>(expected)) {
        differ(fmt::format("session {} number {} (highest {}): verdict {}, expected {}", id, q,
                           highest, static_cast<int>(is), static_cast<int>(expected)));
      }
      if (expected != naive::Verdict::kDecided || difference_) continue;
      const core::Decision a = core_->decision(SessionId{id}, q);
      const naive::Decision b = naive_.decision(id, q);
      if (a.client_sequence != q || a.engine_sequence != b.engine_sequence ||
          a.report_sequence != b.report_sequence || a.order_id != b.order_id ||
          a.kind != b.kind || a.reason != b.reason) {
        differ(fmt::format("decision of session {} number {} differs", id, q));
      }
    }
  }
}

/// Every book was emptied: what is still held is held by withdrawals.
void Differential::check_drained() {
  if (core_->open_order_count() != 0) differ("the drained books are not empty");
  for (std::uint32_t account = 1; account <= naive_.account_count(); ++account) {
    for (std::uint32_t asset = 1; asset <= naive_.asset_count(); ++asset) {
      const Minor held = core_->balance(AccountId{account}, AssetId{asset}).held;
      if (held == naive_.withdrawal_holds(account, asset)) continue;
      differ(fmt::format("drained, but account {} holds {} of asset {}", account, held, asset));
    }
  }
}

/// State to bytes and back; from here on the copy is the one that is tested.
void Differential::continue_with_copy() {
  Collector first;
  core_->encode(first);
  Replayer source(first.all);
  const char* why = "";
  std::unique_ptr<core::Core> copy = core::Core::decode(source, &why);
  if (copy == nullptr) return differ(fmt::format("a snapshot cannot be read: {}", why));
  Collector second;
  copy->encode(second);
  if (first.all != second.all) differ("a copy encodes differently");
  if (!(copy->state_hash() == core_->state_hash())) differ("a copy hashes differently");
  core_ = std::move(copy);
}

}  // namespace saker::sim
