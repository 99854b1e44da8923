#include "client/top/json.hpp"

#include "client/json_writer.hpp"
#include "client/top/text.hpp"

namespace saker::client::top {

namespace {

void write_counters(JsonWriter& json, const char* name, const CounterModel& model) {
  json.key(name).open('{').key("alive").flag(model.alive);
  json.key("pid").signed_number(model.pid);
  if (model.values.count("started_ns") == 0) json.key("started_ns").number(model.started_ns);
  for (const auto& [counter, value] : model.values) json.key(counter).number(value);
  json.close('}');
}

void write_side(JsonWriter& json, const char* name, const MarketModel& market,
                const std::vector<LevelRow>& rows) {
  json.key(name).open('[');
  for (const LevelRow& row : rows) {
    json.open('{').key("price");
    json.text(price_text(row.price_ticks, market.tick_size, market.price_decimals));
    json.key("quantity");
    json.text(quantity_text(row.quantity_lots, market.lot_size, market.base_decimals));
    json.key("orders").number(row.orders).close('}');
  }
  json.close(']');
}

void write_market(JsonWriter& json, const MarketModel& market) {
  json.open('{').key("id").number(market.id).key("symbol").text(market.symbol);
  json.key("phase").text(proto::EnumNameMarketPhase(market.phase));
  json.key("live").flag(market.live).key("last");
  if (market.last_price_ticks == 0) {
    json.null();
  } else {
    json.text(price_text(market.last_price_ticks, market.tick_size, market.price_decimals));
  }
  json.key("trades").number(market.trades);
  write_side(json, "bids", market, market.bids);
  write_side(json, "asks", market, market.asks);
  json.close('}');
}

void write_bot(JsonWriter& json, const BotModel& bot) {
  json.open('{').key("name").text(bot.name).key("session").number(bot.session);
  json.key("market").number(bot.market).key("logged_on").flag(bot.logged_on);
  json.key("commands").number(bot.commands).key("rejected").number(bot.rejected);
  json.key("fills").number(bot.fills).key("open_orders").number(bot.open_orders);
  json.key("in_flight").number(bot.in_flight);
  json.key("inventory_lots").signed_number(bot.inventory_lots);
  json.key("round_trip_p50_ns").number(bot.round_trip_p50_ns);
  json.key("round_trip_p99_ns").number(bot.round_trip_p99_ns).close('}');
}

void write_feed(JsonWriter& json, const Model& model) {
  static constexpr const char* kStates[] = {"stopped", "recovering", "live", "stale"};
  json.key("feed").open('{').key("state").text(kStates[static_cast<int>(model.feed)]);
  json.key("logged_on").flag(model.logged_on).key("epoch").number(model.epoch);
  json.key("next_sequence").number(model.feed_sequence);
  json.key("recovered").number(model.feed_recovered);
  json.key("lost").number(model.feed_lost).close('}');
}

}  // namespace

std::string to_json(const Model& model) {
  JsonWriter json;
  json.open('{').key("time_ns").number(model.now_ns);
  write_feed(json, model);
  json.key("markets").open('[');
  for (const MarketModel& market : model.markets) write_market(json, market);
  json.close(']');
  write_counters(json, "engine", model.engine);
  write_counters(json, "follower", model.follower);
  json.key("bots_alive").flag(model.bots_alive).key("bots").open('[');
  for (const BotModel& bot : model.bots) write_bot(json, bot);
  json.close(']');
  json.key("log_bytes").number(model.log_bytes);
  json.key("disk_free_bytes").number(model.disk_free_bytes);
  json.key("notice").text(model.notice).close('}');
  return json.str();
}

}  // namespace saker::client::top
