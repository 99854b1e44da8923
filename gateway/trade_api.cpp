#include "gateway/trade_api.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/emit.hpp"

namespace saker::gateway {
namespace {

constexpr std::int64_t kMostOrders = 500;

/// Place of an open order in a list, newest first: "<created, ns>-<order_id>".
struct Cursor {
  std::uint64_t created_ns = UINT64_MAX;
  std::uint64_t order_id = UINT64_MAX;
  auto operator<=>(const Cursor&) const = default;
  std::string text() const { return std::to_string(created_ns) + "-" + std::to_string(order_id); }
};

Cursor cursor_of(const Order& order) { return {order.created_ns, order.order_id}; }

Cursor read_cursor(const web::Fields& fields) {
  const auto text = fields.text("before");
  if (!text) return {};
  Cursor cursor;
  const char* end = text->data() + text->size();
  const auto created = std::from_chars(text->data(), end, cursor.created_ns);
  if (created.ec == std::errc() && created.ptr != end && *created.ptr == '-') {
    const auto id = std::from_chars(created.ptr + 1, end, cursor.order_id);
    if (id.ec == std::errc() && id.ptr == end) return cursor;
  }
  fields.fail("before", "is not the `next` of an earlier answer");
}

web::ApiError follower_away() {
  return web::unavailable("the venue's reading side does not answer in time; try again");
}

/// Newest first, older than `before`; of one market, or with 0 of all. All up to log sequence
/// `included` is in it.
std::string open_orders_json(const AccountView& view, const Markets& markets,
                             std::uint32_t market, std::size_t limit, const Cursor& before,
                             Sequence included) {
  std::vector<const Order*> orders;
  for (const auto& [id, order] : view.orders().open()) {
    if ((market == 0 || order.market == market) && cursor_of(order) < before) {
      orders.push_back(&order);
    }
  }
  std::sort(orders.begin(), orders.end(), [](const Order* a, const Order* b) {
    return cursor_of(*b) < cursor_of(*a);
  });
  const bool more = orders.size() > limit;
  if (more) orders.resize(limit);
  web::Writer out;
  out.begin_object().key("orders").begin_array();
  for (const Order* order : orders) {
    const Market* known = markets.find(order->market);
    if (known != nullptr) write_order(out, *order, *known);
  }
  out.end_array().key("next");
  if (more) {
    out.value(cursor_of(*orders.back()).text());
  } else {
    out.value(nullptr);
  }
  out.field("sequence", included).end_object();
  return out.take();
}

const Order& need_order(const AccountView& view, const OrderName& name) {
  const Order* order = name.order_id != 0 ? view.orders().find(name.order_id)
                                          : view.orders().find_client_order(name.client_order_id);
  const bool open = order != nullptr && (order->status == OrderStatus::kOpen ||
                                         order->status == OrderStatus::kPartiallyFilled);
  if (!open) throw refusal_of(proto::Reason::UNKNOWN_ORDER);
  return *order;
}

}  // namespace

TradeApi::TradeApi(Schedule& schedule, const RateLimit& order_rate, const Markets& markets,
                   Accounts& accounts, OrderDesk& desk)
    : schedule_(schedule),
      markets_(markets),
      accounts_(accounts),
      desk_(desk),
      order_rate_(order_rate.per_second, order_rate.burst) {}

void TradeApi::need_account(const web::Identity& who) {
  if (who.account != 0) return;
  throw web::conflict("the trading account is being opened; refresh the token in a moment");
}

void TradeApi::limit_rate(const web::Identity& who) {
  need_account(who);
  const std::string key = std::to_string(who.account);
  if (order_rate_.take(key, schedule_.now_ns())) return;
  throw web::rate_limited(order_rate_.retry_after_s(key, schedule_.now_ns()));
}

Sequence TradeApi::at_least(const web::Identity& who, const web::Fields& fields) const {
  const auto asked = fields.integer("at_least", 0, INT64_MAX);
  return std::max(accounts_.seen(who.account), static_cast<Sequence>(asked.value_or(0)));
}

std::string TradeApi::order_json(const CommandResult& result, bool with_fills) const {
  web::Writer out;
  out.begin_object().key("order");
  const Market* market = markets_.find(result.order.market);
  if (market == nullptr) {
    throw web::outcome_unknown("The venue has done it, but cannot show the order yet; "
                               "ask GET /api/orders");
  }
  write_order(out, result.order, *market);
  if (with_fills) {
    out.key("fills").begin_array();
    for (const Fill& fill : result.fills) write_fill(out, fill, *market);
    out.end_array();
  }
  out.field("sequence", result.sequence).end_object();
  return out.take();
}

void TradeApi::answer_order(const CommandResult& result, bool with_fills,
                            const AnswerDone& done) const {
  if (result.error) return done({result.error, {}});
  Answer answer;
  try {
    answer.json = order_json(result, with_fills);
  } catch (const web::ApiError& error) {
    answer.error = error;
  }
  done(answer);
}

void TradeApi::place_order(const web::Identity& who, const web::Fields& fields, AnswerDone done) {
  limit_rate(who);
  NewOrder order = read_new_order(fields, markets_);
  desk_.place(who.account, std::move(order), [this, done](const CommandResult& result) {
    answer_order(result, true, done);
  });
}

void TradeApi::replace_order(const web::Identity& who, const web::Fields& fields,
                             AnswerDone done) {
  limit_rate(who);
  const ReplaceOrder replace = read_replace_order(fields);
  const std::uint32_t account = who.account;
  accounts_.when_ready(
      account, accounts_.seen(account), [this, replace, account, done](AccountView* view) {
        try {
          if (view == nullptr) throw follower_away();
          const Order& order = need_order(*view, replace.name);
          const Market* market = markets_.find(order.market);
          if (market == nullptr) throw refusal_of(proto::Reason::UNKNOWN_MARKET);
          desk_.replace(account, to_request(replace, order, *market),
                        [this, done](const CommandResult& result) {
                          answer_order(result, true, done);
                        });
        } catch (const web::ApiError& error) {
          done({error, {}});
        }
      });
}

void TradeApi::cancel_order(const web::Identity& who, const web::Fields& fields,
                            AnswerDone done) {
  const OrderName name = read_order_name(fields);
  fields.reject_unknown();
  limit_rate(who);
  desk_.cancel(who.account, name, [this, done](const CommandResult& result) {
    answer_order(result, false, done);
  });
}

void TradeApi::cancel_all(const web::Identity& who, const web::Fields& fields, AnswerDone done) {
  limit_rate(who);
  desk_.cancel_all(who.account, read_cancel_all(fields, markets_),
                   [done](const CommandResult& result) {
                     if (result.error) return done({result.error, {}});
                     web::Writer out;
                     out.begin_object()
                         .field("cancelled", result.cancelled)
                         .field("sequence", result.sequence)
                         .end_object();
                     done({std::nullopt, out.take()});
                   });
}

void TradeApi::open_orders(const web::Identity& who, const web::Fields& fields, AnswerDone done) {
  need_account(who);
  fields.need_choice("status", {"open"});
  const auto symbol = fields.text("market");
  const std::uint32_t market = symbol ? markets_.need(*symbol).id() : 0;
  const auto limit =
      static_cast<std::size_t>(fields.integer("limit", 1, kMostOrders).value_or(100));
  const Cursor before = read_cursor(fields);
  const Sequence needed = at_least(who, fields);
  fields.reject_unknown();
  desk_.when_certain(who.account, [=, this](const std::optional<web::ApiError>& error) {
    if (error) return done({error, {}});
    const Sequence from = std::max(needed, accounts_.seen(who.account));
    try {
      accounts_.when_ready(who.account, from, [=, this](AccountView* view) {
        if (view == nullptr) return done({follower_away(), {}});
        const Sequence included = std::max(from, accounts_.included(*view));
        done({std::nullopt, open_orders_json(*view, markets_, market, limit, before, included)});
      });
    } catch (const web::ApiError& too_many) {
      done({too_many, {}});
    }
  });
}

void TradeApi::balances(const web::Identity& who, const web::Fields& fields, AnswerDone done) {
  need_account(who);
  const Sequence needed = at_least(who, fields);
  fields.reject_unknown();
  accounts_.balances(who.account, needed, [this, done](const BalancesAnswer& answer) {
    if (!answer.ok) return done({follower_away(), {}});
    web::Writer out;
    out.begin_object();
    write_balances(out, answer.balances, markets_);
    out.field("sequence", answer.applied).end_object();
    done({std::nullopt, out.take()});
  });
}

}  // namespace saker::gateway
