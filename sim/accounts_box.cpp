#include "sim/accounts_box.hpp"

namespace saker::sim {

namespace {

/// As in production, but for a world whose time passes in steps of microseconds.
constexpr accounts::OutboxKeeper::Timing kTiming{5'000'000, 10'000'000, 50'000'000, 60};

}  // namespace

AccountsBox::AccountsBox(SimPayments& database, SimTransport& transport,
                         const client::SessionConfig& session, const VirtualClock& clock,
                         std::function<void(const accounts::Transfer&)> decided)
    : database_(database), clock_(clock), session_(session, transport, outbox_),
      keeper_(database, outbox_, kTiming, [] {}, std::move(decided)) {}

void AccountsBox::poll() {
  const TimeNs now_ns = clock_.now();
  database_.poll();
  if (keeper_.loaded() && !started_) {
    started_ = true;
    session_.start(now_ns);
  }
  if (started_) session_.poll(now_ns);
  keeper_.poll(now_ns, started_);
}

void AccountsBox::transfer(const TransferRow& request,
                           std::function<void(std::optional<TransferRow>)> done) {
  database_.book(request, [this, done = std::move(done)](
                              std::optional<SimPayments::Booked> booked) {
    if (booked && booked->command) keeper_.add(*booked->command);
    done(booked ? std::make_optional(booked->transfer) : std::nullopt);
  });
}

}  // namespace saker::sim
