// Who may do what, and what the numbers of an order mean.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::Rights;

bool NaiveExchange::logged_on() const {
  return session_exists(command_->session) && sessions_[command_->session - 1].connected;
}

bool NaiveExchange::has_right(std::uint32_t rights) const {
  return (sessions_[command_->session - 1].rights & rights) != 0;
}

bool NaiveExchange::has_grant(std::uint32_t account, std::uint32_t rights) const {
  const auto found = grants_.find({command_->session, account});
  return found != grants_.end() && (found->second & rights) != 0;
}

/// The first checks of every trading command.
proto::Reason NaiveExchange::may_act_for(std::uint32_t account, std::uint32_t rights) const {
  if (!logged_on()) return Reason::PERMISSION_NOT_LOGGED_ON;
  if (!account_exists(account)) return Reason::UNKNOWN_ACCOUNT;
  if (!has_right(rights)) return Reason::PERMISSION_DENIED;
  if (!has_grant(account, rights)) return Reason::PERMISSION_ACCOUNT_NOT_GRANTED;
  return Reason::NONE;
}

bool NaiveExchange::killed(std::uint32_t account) const {
  const std::uint32_t group = accounts_[account - 1].group;
  const std::uint32_t firm = group_firm_[group - 1];
  const auto engaged = [&](proto::Scope scope, std::uint32_t id) {
    return kill_switches_.count({static_cast<std::uint8_t>(scope), id}) != 0;
  };
  return engaged(proto::Scope::All, 0) || engaged(proto::Scope::Firm, firm) ||
         engaged(proto::Scope::Group, group) || engaged(proto::Scope::Account, account) ||
         engaged(proto::Scope::Session, command_->session);
}

/// Known = accepted recently, or of an open order. `order` is whose it is.
bool NaiveExchange::client_id_known(std::uint32_t account, std::uint64_t client_id,
                                    std::uint64_t* order) const {
  const Account& a = accounts_[account - 1];
  for (const auto& [id, order_id] : a.client_ids) {
    if (id != client_id) continue;
    *order = order_id;
    return true;
  }
  for (const auto& [rank, order_id] : a.open) {
    if (orders_.at(order_id).client_order_id != client_id) continue;
    *order = order_id;
    return true;
  }
  return false;
}

/// The account's resting order with that id, or else with that client id.
Order* NaiveExchange::find_order(std::uint32_t account, std::uint64_t order_id,
                                 std::uint64_t client_id) {
  if (order_id != 0) {
    const auto found = orders_.find(order_id);
    if (found == orders_.end() || found->second.account != account) return nullptr;
    return found->second.resting ? &found->second : nullptr;
  }
  if (client_id == 0) return nullptr;
  for (const auto& [rank, id] : accounts_[account - 1].open) {
    Order& order = orders_.at(id);
    if (order.client_order_id == client_id && order.resting) return &order;
  }
  return nullptr;
}

/// Lowest and highest price allowed; {0, 0} when there is no band.
std::pair<std::int64_t, std::int64_t> NaiveExchange::band(const Market& market) const {
  const std::int64_t r = market.last_price != 0 ? market.last_price : market.reference_price;
  if (r == 0 || market.params.price_band_ppm() == 0) return {0, 0};
  const auto width = static_cast<std::int64_t>(Int128(r) * market.params.price_band_ppm() /
                                               kMillion);
  return {r - width, r + width};
}

bool NaiveExchange::outside(const std::pair<std::int64_t, std::int64_t>& band,
                            std::int64_t price) {
  return band.second != 0 && (price < band.first || price > band.second);
}

/// A level needs its 64-price leaf, and the leaves are shared by all books.
bool NaiveExchange::level_can_be_made(std::uint32_t market, Side side,
                                      std::int64_t price) const {
  return leaves_in_use_.count({market, static_cast<std::int64_t>(side), price / 64}) != 0 ||
         leaves_in_use_.size() < genesis_.price_leaves();
}

Int128 NaiveExchange::notional(const Market& market, std::int64_t price,
                               std::int64_t quantity) const {
  return Int128(price) * quantity * market.definition.tick_value();
}

/// What the order must hold to have `leaves` open at `price`. Not for budget buys.
Int128 NaiveExchange::hold_for(const Order& order, std::int64_t price,
                               std::int64_t leaves) const {
  const Market& market = market_of(order);
  if (order.side == Side::Sell) return Int128(leaves) * market.definition.lot_size();
  const Int128 n = notional(market, price, leaves);
  const std::uint32_t rate =
      std::max(market.params.maker_fee_ppm(), market.params.taker_fee_ppm());
  const Int128 exact = std::max<Int128>(0, n * rate - order.slack);
  return n + (exact + kMillion - 1) / kMillion;
}

// MassCancel's rights are here because they mix firm and session.
proto::Reason NaiveExchange::check_mass_cancel(const proto::MassCancel& c) const {
  const std::uint32_t trade_or_cancel = bits(Rights::Trade) | bits(Rights::Cancel);
  if (!logged_on()) return Reason::PERMISSION_NOT_LOGGED_ON;
  if (c.scope() > proto::Scope::All) return Reason::ADMIN_VALUE_INVALID;
  const Session& sender = sessions_[command_->session - 1];
  const bool administers = has_right(bits(Rights::Administer));
  Reason reason = Reason::NONE;
  switch (c.scope()) {
    case proto::Scope::Account:
      reason = may_act_for(c.scope_id(), trade_or_cancel);
      break;
    case proto::Scope::Group:
    case proto::Scope::Firm: {
      const bool group = c.scope() == proto::Scope::Group;
      if (group && !group_exists(c.scope_id())) return Reason::UNKNOWN_GROUP;
      if (!group && !firm_exists(c.scope_id())) return Reason::UNKNOWN_FIRM;
      const std::uint32_t firm = group ? group_firm_[c.scope_id() - 1] : c.scope_id();
      const bool own = sender.firm == firm && has_right(trade_or_cancel);
      if (!own && !administers) reason = Reason::PERMISSION_DENIED;
      break;
    }
    case proto::Scope::Session:
      if ((c.scope_id() != 0 && c.scope_id() != command_->session) ||
          !has_right(trade_or_cancel)) {
        reason = Reason::PERMISSION_DENIED;
      }
      break;
    case proto::Scope::All:
      if (!administers) reason = Reason::PERMISSION_DENIED;
      break;
  }
  if (reason != Reason::NONE) return reason;
  if (c.side() > 2) return Reason::ADMIN_VALUE_INVALID;
  if (c.market() != 0 && !market_exists(c.market())) return Reason::UNKNOWN_MARKET;
  if (jobs_.count(command_->session - 1) != 0) return Reason::CAPACITY_JOB_IN_PROGRESS;
  return Reason::NONE;
}

}  // namespace saker::naive
