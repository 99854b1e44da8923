#include "sim/web_customer.hpp"

#include <algorithm>

#include "sim/venue.hpp"

namespace saker::sim {

namespace {

constexpr std::uint64_t kCalmPatienceNs = 3'000 * kMs;

/// "12.50" of 1250: both markets have ticks of a hundredth.
std::string price_text(std::int64_t ticks) {
  const std::string cents = std::to_string(100 + ticks % 100).substr(1);
  return std::to_string(ticks / 100) + "." + cents;
}

std::string order_json(const WebOrder& order) {
  web::Writer out;
  const bool limit = order.type == proto::OrderType::Limit;
  out.begin_object()
      .field("market", symbol_of(order.market))
      .field("side", order.side == proto::Side::Buy ? "buy" : "sell")
      .field("type", limit ? "limit" : "market")
      .field("quantity", std::to_string(order.quantity_lots));
  if (limit) out.field("price", price_text(order.price_ticks));
  if (limit && order.time_in_force == proto::TimeInForce::ImmediateOrCancel) {
    out.field("time_in_force", "ioc");
  }
  if (order.client_order_id != 0) out.field_id("client_order_id", order.client_order_id);
  out.end_object();
  return out.take();
}

}  // namespace

WebCustomer::WebCustomer(std::uint32_t account, const VirtualClock& clock, GatewayAudit& audit,
                         Coverage& coverage, Rng rng)
    : account_(account), clock_(clock), audit_(audit), coverage_(coverage), rng_(rng),
      most_wishes_(1 + rng_.below(4)), last_id_(std::uint64_t{account} << 40) {}

void WebCustomer::connect(gateway::TradeApi* trade, gateway::Accounts* accounts) {
  trade_ = trade;
  accounts_ = accounts;
  following_ = false;
  pushes_ = {};
  restarted_ = true;
  for (auto& [key, wish] : wishes_) {
    if (wish.waiting) broken(wish);
  }
}

void WebCustomer::act() {
  if (!settling_ && wishes_.size() < most_wishes_ && rng_.chance(250'000)) wish();
  if (trade_ != nullptr && !following_) follow();
  const TimeNs now_ns = clock_.now();
  for (auto at = wishes_.begin(); at != wishes_.end();) {
    const std::uint64_t key = at->first;
    Wish& wish = (at++)->second;  // an answer at once may end it
    if (now_ns < wish.due_ns) continue;
    if (wish.waiting) {
      coverage_.add(Count::customer_gave_up);
      broken(wish);
    }
    if (abandoned(wish)) {
      wishes_.erase(key);
    } else if (trade_ != nullptr) {
      try_it(key);
    }
  }
}

/// An order without an id of one's own is better not asked for twice.
bool WebCustomer::abandoned(const Wish& wish) const {
  if (wish.what != What::place) return false;
  if (wish.order.client_order_id == 0 && wish.doubtful != 0) return true;
  return wish.tries >= kMostTries && !settling_;
}

/// The private channels, as a page that is open has them.
void WebCustomer::follow() {
  following_ = true;
  for (const auto kind : {gateway::ChannelKind::kOrders, gateway::ChannelKind::kFills,
                          gateway::ChannelKind::kBalances}) {
    accounts_->subscribe(*this, account_, kind);
  }
}

void WebCustomer::push(const gateway::SharedText& text) {
  audit_.on_push(account_, *text, pushes_);
}

// ---- wishes --------------------------------------------------------------------------------

void WebCustomer::add(What what, const WebOrder& order, std::string json) {
  Wish& wish = wishes_[++last_key_];
  wish.what = what;
  wish.order = order;
  wish.json = std::move(json);
  if (what == What::list || what == What::balances) {
    wish.at_least = rng_.chance(500'000) ? told_ : 0;
  }
}

void WebCustomer::wish() {
  const std::uint64_t what = rng_.below(100);
  if (what < 55) return wish_order();
  if (what < 65) return add(What::list, {}, {});
  if (what < 72) return add(What::balances, {}, {});
  if (what < 74) return add(What::cancel_all, {}, "{}");
  if (newest_.client_order_id == 0) return;
  const std::string id = std::to_string(newest_.client_order_id);
  if (what < 88) {
    return add(What::cancel, newest_, "{\"client_order_id\":\"" + id + "\"}");
  }
  const std::string quantity = std::to_string(rng_.between(1, 25));
  const std::string price = price_text(kReferencePrice + rng_.between(-15, 15));
  add(What::replace, newest_,
      "{\"client_order_id\":\"" + id + "\",\"quantity\":\"" + quantity + "\",\"price\":\"" +
          price + "\"}");
}

void WebCustomer::wish_order() {
  WebOrder order;
  order.client_order_id = ++last_id_;
  order.market = static_cast<std::uint32_t>(1 + rng_.below(kMarkets));
  order.side = rng_.chance(500'000) ? proto::Side::Buy : proto::Side::Sell;
  order.quantity_lots = rng_.between(1, 20);
  order.price_ticks = kReferencePrice + rng_.between(-15, 15);
  if (rng_.chance(150'000)) order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  if (rng_.chance(60'000)) {
    order.type = proto::OrderType::Market;
    order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
    order.price_ticks = 0;
  }
  if (rng_.chance(20'000)) order.quantity_lots = 100'000;  // more than anybody has
  if (rng_.chance(40'000)) order.client_order_id = 0;
  const bool reuse = newest_.client_order_id != 0 && rng_.chance(40'000);
  if (reuse) {  // by mistake, or once more
    coverage_.add(Count::web_id_reused);
    const std::uint64_t used = newest_.client_order_id;
    if (rng_.chance(500'000)) order = newest_;
    order.client_order_id = used;
  }
  add(What::place, order, order_json(order));
  wishes_.rbegin()->second.fresh_id = !reuse;
}

void WebCustomer::settle() {
  settling_ = true;
  add(What::list, {}, {});
  add(What::balances, {}, {});
  for (auto& [key, wish] : wishes_) {
    if (!wish.waiting) wish.at_least = std::max(wish.at_least, told_);
  }
}

// ---- asking --------------------------------------------------------------------------------

void WebCustomer::try_it(std::uint64_t key) {
  Wish& wish = wishes_.at(key);
  if (++wish.tries > 1) coverage_.add(Count::web_asked_again);
  wish.waiting = true;
  wish.due_ns = clock_.now() + (settling_ ? kCalmPatienceNs : 5 * kMs + rng_.below(80 * kMs));
  if (wish.what == What::place) audit_.on_asked(account_, wish.order);
  if (wish.what == What::cancel_all) wish.were_open = audit_.open_orders(account_);
  if (wish.what == What::list) wish.asked = audit_.asked_so_far(account_);
  const web::Identity who{.user = account_, .account = account_};
  const auto done = [this, key, attempt = wish.tries](const gateway::Answer& answer) {
    answered(key, attempt, answer);
  };
  try {
    const web::Fields fields =
        web::parse_json(wish.what == What::list
                            ? "{\"status\":\"open\",\"limit\":500,\"at_least\":" +
                                  std::to_string(wish.at_least) + "}"
                        : wish.what == What::balances
                            ? "{\"at_least\":" + std::to_string(wish.at_least) + "}"
                            : wish.json)
            .object();
    switch (wish.what) {
      case What::place: return trade_->place_order(who, fields, done);
      case What::replace: return trade_->replace_order(who, fields, done);
      case What::cancel: return trade_->cancel_order(who, fields, done);
      case What::cancel_all: return trade_->cancel_all(who, fields, done);
      case What::list: return trade_->open_orders(who, fields, done);
      case What::balances: return trade_->balances(who, fields, done);
    }
  } catch (const web::ApiError& error) {
    answered(key, wish.tries, {error, {}});
  }
}

/// No answer: who knows what it did.
void WebCustomer::broken(Wish& wish) {
  wish.waiting = false;
  ++wish.doubtful;
  wish.due_ns = clock_.now() + rng_.below(5 * kMs);
}

/// The longer it does not work, the longer people wait before they try again.
TimeNs WebCustomer::later(const Wish& wish) {
  const std::uint64_t pause_ns = kMs + rng_.below(20 * kMs);
  return clock_.now() + (pause_ns << std::min<std::uint64_t>(wish.tries / 4, 5));
}

void WebCustomer::answered(std::uint64_t key, std::uint64_t attempt,
                           const gateway::Answer& answer) {
  const auto found = wishes_.find(key);
  if (found == wishes_.end()) return;
  Wish& wish = found->second;
  if (!wish.waiting || wish.tries != attempt) return;  // nobody reads it any more
  if (rng_.chance(60'000) && !settling_) {
    coverage_.add(Count::answer_lost);
    broken(wish);
  } else if (answer.error) {
    wish.waiting = false;
    refused(key, *answer.error);
  } else {
    confirmed(wish, answer.json);
    wishes_.erase(key);
  }
}

void WebCustomer::refused(std::uint64_t key, const web::ApiError& error) {
  Wish& wish = wishes_.at(key);
  wish.due_ns = later(wish);
  if (error.code == "OUTCOME_UNKNOWN") {
    coverage_.add(Count::web_unknown_told);
    ++wish.doubtful;
    return;
  }
  const bool place = wish.what == What::place;
  if (error.status == 503 || error.status == 429) {
    coverage_.add(error.status == 503 ? Count::web_unavailable_told : Count::web_rate_limited);
    if (place && wish.fresh_id && wish.doubtful == 0) {
      audit_.on_nothing_done(account_, wish.order, error.code);
    }
    return;
  }
  if (place && error.code == "ORDER_DUPLICATE_CLIENT_ID") {
    coverage_.add(Count::web_id_in_use_told);
    const bool another = std::string(error.what()).find("another order") != std::string::npos;
    audit_.on_id_in_use(account_, wish.order, another);
  } else if (place) {
    coverage_.add(Count::web_refused);
    if (wish.fresh_id) audit_.on_nothing_done(account_, wish.order, error.code);
  }
  wishes_.erase(key);
}

void WebCustomer::confirmed(const Wish& wish, const std::string& json) {
  const web::Fields answer = web::parse_json(json).object();
  const auto sequence = static_cast<Sequence>(answer.need_integer("sequence", 0, INT64_MAX));
  switch (wish.what) {
    case What::place:
      coverage_.add(wish.tries > 1 ? Count::web_retry_confirmed : Count::web_confirmed);
      audit_.on_placed(account_, wish.order, answer);
      if (wish.order.client_order_id != 0) newest_ = wish.order;
      break;
    case What::replace:
    case What::cancel:
      coverage_.add(wish.what == What::cancel ? Count::web_cancelled : Count::web_replaced);
      audit_.on_order(account_, answer.need_object("order"), sequence);
      break;
    case What::cancel_all:
      coverage_.add(Count::web_all_cancelled);
      audit_.on_all_cancelled(account_, wish.were_open);
      break;
    case What::list:
      coverage_.add(std::exchange(restarted_, false) ? Count::listed_after_restart
                                                     : Count::web_listed);
      audit_.on_open_orders(account_, answer, wish.at_least);
      audit_.on_listed(account_, wish.asked);
      break;
    case What::balances: audit_.on_balances(account_, answer, wish.at_least); break;
  }
  told_ = std::max(told_, sequence);
}

}  // namespace saker::sim
