// What the follower's tests share: a venue with a small sequencer of its own that writes a real
// log into memory, and random trading on it.
#pragma once

#include <random>
#include <string>

#include "engine/core/core.hpp"
#include "journal/log_writer.hpp"
#include "journal/memory_storage.hpp"
#include "journal/recovery.hpp"

namespace saker::follower {

using journal::MemoryStorage;

/// Fills a fixed array of characters.
template <class Array>
void put_text(Array* array, std::string_view text) {
  for (std::size_t i = 0; i < array->size(); ++i) {
    array->Mutate(static_cast<flatbuffers::uoffset_t>(i),
                  i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0});
  }
}

inline journal::LogConfig test_log_config() {
  journal::LogConfig config;
  config.log_id = 0xA11CE;
  config.segment_bytes = 1u << 18;
  config.ring_bytes = 1u << 18;
  config.max_batch_bytes = 1u << 16;
  config.max_payload_bytes = 256;
  config.reserve_bytes = 4096;
  config.keep_free_bytes = 0;
  return config;
}

/// Accounts 1 (fees), 2 and 3 (group 1), 4 (group 2); sessions 1 (administers), 2 (trades for 2
/// and 3), 3 (trades for 4), 4 (only looks at 2); market 1 of asset 2 against asset 1.
class TestVenue {
 public:
  MemoryStorage log;
  std::unique_ptr<core::Core> core;
  TimeNs now_ns = 1'700'000'000'000'000'000;

  explicit TestVenue(std::uint32_t seed = 1) : random_(seed) { open(); }

  /// Opens (again) for writing, as an engine does at start.
  void open() {
    close();
    const journal::Recovery found = journal::recover(log);
    SAKER_ASSERT(found.ok());
    config_ = test_log_config();
    allocator_ = std::make_unique<Allocator>(log, config_, found.state.next_segment());
    writer_ = std::make_unique<Writer>(log, *allocator_, config_, found.state);
    while (allocator_->poll(now_ns)) {
    }
    SAKER_ASSERT(writer_->start());
  }
  void close() {
    writer_.reset();
    allocator_.reset();
  }

  template <class Body>
  void submit(proto::CommandKind kind, std::uint32_t session, const Body& body) {
    alignas(8) const Body aligned = body;
    core::Command command;
    command.sequence = core ? core->sequence() + 1 : 1;
    command.time_ns = now_ns += 1000;
    command.kind = kind;
    command.envelope.session = session;
    if (core::is_client_command(kind) && session != 0) {
      command.envelope.client_sequence = ++client_sequence_[session];
      command.envelope.received_ns = now_ns - 100;
    }
    command.body = bytes_of(aligned);
    journal::RecordFields fields;
    fields.type = raw(kind);
    fields.sequence = command.sequence;
    fields.timestamp_ns = command.time_ns;
    fields.rule_version = core ? static_cast<std::uint16_t>(core->rule_version()) : 1;
    fields.epoch = core ? core->epoch() : 1;
    if (kind == proto::CommandKind::EpochStart) {
      fields.epoch = reinterpret_cast<const proto::EpochStart*>(command.body.data())->epoch();
    }
    if (!core) {
      const char* why = nullptr;
      core = core::Core::create(command.as<proto::Genesis>(), &why);
      SAKER_ASSERT(core != nullptr);
    }
    writer_->append(fields, bytes_of(command.envelope), command.body);
    core->apply(command, out);
    outputs_.push_back({out.chain_head, out.legs.size()});
    legs.insert(legs.end(), out.legs.view().begin(), out.legs.view().end());
    reports.insert(reports.end(), out.reports.view().begin(), out.reports.view().end());
    feed.insert(feed.end(), out.feed.view().begin(), out.feed.view().end());
    if (!core->has_urgent_job()) return;
    submit(proto::CommandKind::Continue, 0, proto::Continue(0, 0));
  }
  /// Makes everything so far durable.
  void settle() {
    for (bool more = true; more; now_ns += 10) {
      more = allocator_->poll(now_ns);
      more = writer_->poll(now_ns) || more;
    }
    SAKER_ASSERT(!writer_->failed() && writer_->idle());
  }

  void set_up();
  /// `count` random orders, cancels and replaces, made durable in batches.
  void trade(int count);
  void new_order(std::uint32_t session, std::uint32_t account, proto::Side side,
                 std::int64_t price, std::int64_t quantity, std::uint64_t client_order_id = 0) {
    submit(proto::CommandKind::NewOrder, session,
           proto::NewOrder(client_order_id, price, quantity, 0, account, 1, side,
                           proto::OrderType::Limit, proto::TimeInForce::GoodTillCancel,
                           proto::SelfTradePrevention::CancelTaker, 0));
  }

  std::uint64_t chain_at(Sequence sequence) const { return outputs_[sequence - 1].chain_head; }

  core::Output out;
  std::vector<core::LedgerLeg> legs;  // of all commands
  std::vector<proto::Report> reports;
  std::vector<proto::FeedMessage> feed;

 private:
  using Allocator = journal::SegmentAllocator<MemoryStorage>;
  using Writer = journal::LogWriter<MemoryStorage>;
  struct Applied {
    std::uint64_t chain_head;
    std::size_t legs;
  };

  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }

  journal::LogConfig config_;
  std::unique_ptr<Allocator> allocator_;
  std::unique_ptr<Writer> writer_;
  std::mt19937 random_;
  std::uint64_t client_sequence_[16] = {};
  std::uint64_t next_client_order_id_ = 1;
  std::vector<Applied> outputs_;
};

inline void TestVenue::set_up() {
  using proto::CommandKind;
  const auto admin = [this](CommandKind kind, const auto& body) { submit(kind, 0, body); };
  proto::Genesis genesis(7, 2000, 512, 4, 4, 4, 4, 8, 8, 32, 16, 16, 256, 512, 1, 0, 0);
  admin(CommandKind::Genesis, genesis);
  admin(CommandKind::EpochStart, proto::EpochStart(1, 2, 1, proto::CommitPolicy::Disk, 0, 0));
  proto::AddAsset eur(1, 2, 0, 0);
  put_text(eur.mutable_symbol(), "EUR");
  admin(CommandKind::AddAsset, eur);
  proto::AddAsset kcn(2, 8, 0, 0);
  put_text(kcn.mutable_symbol(), "KCN");
  admin(CommandKind::AddAsset, kcn);
  admin(CommandKind::AddFirm, proto::AddFirm(1));
  admin(CommandKind::AddGroup, proto::AddGroup(1, 1));
  admin(CommandKind::AddGroup, proto::AddGroup(2, 1));
  for (std::uint32_t account = 1; account <= 4; ++account) {
    admin(CommandKind::AddAccount, proto::AddAccount(account, account == 4 ? 2 : 1, 0));
  }
  const auto trade = proto::Rights::Trade | proto::Rights::Cancel | proto::Rights::View;
  const proto::Rights rights[] = {proto::Rights::Administer | proto::Rights::Funds, trade, trade,
                                  proto::Rights::View};
  for (std::uint32_t session = 1; session <= 4; ++session) {
    admin(CommandKind::AddSession,
          proto::AddSession(session, 1, rights[session - 1], 100 + session, 0, 0, 0));
  }
  const std::pair<std::uint32_t, std::uint32_t> grants[] = {{2, 2}, {2, 3}, {3, 4}};
  for (const auto& [session, account] : grants) {
    admin(CommandKind::GrantAccount, proto::GrantAccount(session, account, trade));
  }
  admin(CommandKind::GrantAccount, proto::GrantAccount(4, 2, proto::Rights::View));
  const proto::MarketParams params(1, 1000, 0, 0, 10'000, 0, 0, 100, 200);
  proto::AddMarket market(params, 1, 1'000'000, 100, 1, 2, 1, 1, 0, 0, 0, 0);
  put_text(market.mutable_symbol(), "KCN/EUR");
  admin(CommandKind::AddMarket, market);
  admin(CommandKind::SetMarketPhase, proto::SetMarketPhase(1, proto::MarketPhase::Open, 0, 0));
  for (std::uint32_t account = 2; account <= 4; ++account) {
    admin(CommandKind::Deposit, proto::Deposit(account, 1'000'000'000, account, 1));
    admin(CommandKind::Deposit, proto::Deposit(account, 1'000'000'000'000, account, 2));
  }
  for (std::uint32_t session = 1; session <= 4; ++session) {
    admin(CommandKind::SessionLogon, proto::SessionLogon(1, session, 1000));
  }
  settle();
}

inline void TestVenue::trade(int count) {
  for (int i = 0; i < count; ++i) {
    const std::uint32_t account = 2 + pick(3);
    const std::uint32_t session = account == 4 ? 3 : 2;
    const std::uint64_t some_id = 1 + pick(static_cast<std::uint32_t>(next_client_order_id_));
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
        submit(proto::CommandKind::CancelOrder, session,
               proto::CancelOrder(0, some_id, account, 0));
        break;
      case 3:
        submit(proto::CommandKind::ReplaceOrder, session,
               proto::ReplaceOrder(0, some_id, 0, 90 + pick(20), 1 + pick(50), account, 0));
        break;
      case 4:
        submit(proto::CommandKind::AdvanceClock, 0, proto::AdvanceClock(0));
        break;
      default:
        new_order(session, account, pick(2) == 0 ? proto::Side::Buy : proto::Side::Sell,
                  90 + pick(20), 1 + pick(50), next_client_order_id_++);
    }
    if (pick(8) == 0) settle();
  }
  settle();
}

}  // namespace saker::follower
