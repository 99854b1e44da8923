// The gateway's connection to the venue: a VenueSession over UDP sockets, given its turns by the
// loop. Owner: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/market_state.hpp"
#include "gateway/venue.hpp"
#include "web/loop.hpp"

namespace saker::gateway {

struct VenueConfig {
  std::string secrets;      // directory
  std::string host = "127.0.0.1";
  std::uint16_t port_base = 3000;
  std::uint32_t session = 6;
  std::uint32_t key = 6;
};

class VenueLink : public Venue {
 public:
  /// `markets` and `states` are filled from the feed.
  VenueLink(web::Loop& loop, const VenueConfig& config, Markets& markets, MarketStates& states,
            VenueEvents& events);
  ~VenueLink() override;

  /// Reads the key, opens sockets, logs on. Throws std::runtime_error.
  void start();
  /// Logs off, then calls `done`. Orders stay.
  void stop(std::function<void()> done);

  std::uint64_t send(const client::NewOrderRequest& request) override;
  std::uint64_t send(const client::ReplaceOrderRequest& request) override;
  std::uint64_t send(const client::CancelOrderRequest& request) override;
  std::uint64_t send(const client::MassCancelRequest& request) override;
  void ask_balances(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                    std::function<void(BalancesAnswer)> done) override;
  void ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                   std::function<void(AccountAnswer)> done) override;
  void ask_history(std::uint32_t account, std::uint64_t from, Sequence at_least,
                   std::uint64_t patience_ns, std::function<void(HistoryAnswer)> done) override;
  bool engine_up() const override;
  bool follower_up() const override;
  Sequence complete_to() const override;

  bool feed_live() const;
  /// The last feed message that books and tape contain.
  std::uint64_t feed_sequence() const;
  std::size_t in_flight() const;
  std::size_t questions() const;
  std::uint64_t round_trip_ns() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saker::gateway
