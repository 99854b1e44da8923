#include "engine/follower/state_fuzz.hpp"

#include "common/fuzz.hpp"
#include "engine/follower/test_venue.hpp"

namespace saker::follower {
namespace {

class MemorySink : public core::StateSink {
 public:
  void write(Bytes more) override { bytes.insert(bytes.end(), more.begin(), more.end()); }
  std::vector<std::byte> bytes;
};

class MemorySource : public core::StateSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  bool read(std::span<std::byte> into) override {
    if (into.size() > bytes_.size()) return false;
    std::memcpy(into.data(), bytes_.data(), into.size());
    bytes_ = bytes_.subspan(into.size());
    return true;
  }

 private:
  Bytes bytes_;
};

/// A small venue in the middle of things: orders on both sides, withdrawals that wait to be paid,
/// proposals that wait for approval, a mass cancel under way.
std::vector<std::byte> make_sound_state() {
  using proto::CommandKind;
  TestVenue venue(3);
  venue.set_up();
  venue.trade(150);
  const auto reports_before = venue.reports.size();
  for (std::uint64_t reference = 1; reference <= 2; ++reference) {
    venue.submit(CommandKind::WithdrawHold, 1, proto::WithdrawHold(reference, 500, 3, 1));
  }
  venue.submit(CommandKind::ProposeTransfer, 1, proto::ProposeTransfer(100, 2, 3, 1, 0));
  venue.submit(CommandKind::ProposeTradeBust, 1, proto::ProposeTradeBust(1));
  for (auto at = reports_before; at < venue.reports.size(); ++at) {
    SAKER_ASSERT(venue.reports[at].kind() != proto::ReportKind::AdminRejected);
  }
  for (int i = 0; i < 40; ++i) {
    venue.new_order(2, 2, proto::Side::Buy, 20 + i % 5, 3, std::uint64_t(5000 + i));
  }
  venue.submit(proto::CommandKind::MassCancel, 2,
               proto::MassCancel(1, 2, 0, proto::Scope::Account, 0, 0, 0));
  SAKER_ASSERT(venue.core->has_job());
  MemorySink sink;
  venue.core->encode(sink);
  return sink.bytes;
}

/// The capacities decide how much memory decode asks for; large ones are not what is tested.
bool is_small(const std::vector<std::byte>& state) {
  constexpr std::size_t kGenesisAt = 8;
  if (state.size() < kGenesisAt + sizeof(proto::Genesis)) return true;
  const auto g = read_as<proto::Genesis>(state, kGenesisAt);
  constexpr std::uint32_t kMost = 4096;
  return g.orders() <= kMost && g.price_leaves() <= kMost && g.assets() <= 64 &&
         g.markets() <= 64 && g.firms() <= 64 && g.groups() <= 64 && g.accounts() <= 64 &&
         g.sessions() <= 64 && g.grants() <= kMost && g.withdrawals() <= kMost &&
         g.proposals() <= kMost && g.trades() <= kMost && g.client_ids_per_account() <= kMost;
}

template <class Body>
void apply(core::Core& core, core::Output& out, proto::CommandKind kind, const Body& body,
           std::uint32_t session) {
  alignas(8) const Body aligned = body;
  core::Command command;
  command.sequence = core.sequence() + 1;
  command.time_ns = core.time_ns() + 1;
  command.kind = kind;
  command.body = bytes_of(aligned);
  if (session != 0) {
    const core::SessionView view = core.session(SessionId{session});
    if (!view.exists || view.highest_client_sequence > UINT64_MAX / 2) return;
    command.envelope.session = session;
    command.envelope.client_sequence = view.highest_client_sequence + 1;
  }
  core.apply(command, out);
}

/// A few commands that reach orders, levels, jobs and lists of the state.
void go_on(core::Core& core) {
  if (core.sequence() > UINT64_MAX / 2 || core.time_ns() > UINT64_MAX / 2) return;
  core::Output out;
  const auto finish_sweep = [&core, &out] {
    for (int i = 0; i < 4096 && core.has_urgent_job(); ++i) {
      apply(core, out, proto::CommandKind::Continue, proto::Continue(0, 0), 0);
    }
  };
  finish_sweep();
  if (core.has_urgent_job()) return;
  for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
    const std::int64_t price = side == proto::Side::Buy ? 110 : 90;
    apply(core, out, proto::CommandKind::NewOrder,
          proto::NewOrder(0, price, 60, 0, 4, 1, side, proto::OrderType::Limit,
                          proto::TimeInForce::GoodTillCancel,
                          proto::SelfTradePrevention::CancelTaker, 0),
          3);
    finish_sweep();
    if (core.has_urgent_job()) return;
  }
  apply(core, out, proto::CommandKind::SessionTimedOut, proto::SessionTimedOut(3, 0), 0);
  for (int i = 0; i < 64 && core.has_job(); ++i) {
    apply(core, out, proto::CommandKind::Continue, proto::Continue(0, 0), 0);
  }
  core.check_invariants();
}

}  // namespace

bool fuzz_state(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::byte> sound = make_sound_state();
  if (size == 0) return false;
  std::vector<std::byte> state;
  if (data[0] % 2 == 0) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(data);
    state.assign(bytes + 1, bytes + size);
  } else {
    state = sound;
    for (std::size_t i = 1; i + 4 <= size; i += 4) {
      const std::size_t offset = data[i] | data[i + 1] << 8 | data[i + 2] << 16;
      state[offset % state.size()] ^= std::byte{data[i + 3]};
    }
  }
  if (!is_small(state)) return false;
  MemorySource source(state);
  const char* why = nullptr;
  const std::unique_ptr<core::Core> core = core::Core::decode(source, &why);
  SAKER_ASSERT((core == nullptr) == (why != nullptr));
  if (core == nullptr) return false;
  core->check_invariants();
  MemorySink again;
  core->encode(again);
  SAKER_ASSERT(again.bytes == state);
  go_on(*core);
  return true;
}

}  // namespace saker::follower

SAKER_FUZZ_TARGET(saker::follower::fuzz_state)
