#include "client/top/collect.hpp"

#include <sys/statvfs.h>

#include <filesystem>

#include "client/reasons.hpp"
#include "client/requests.hpp"
#include "common/clock.hpp"

namespace saker::client::top {

void Collector::start(TimeNs now_ns) {
  SessionConfig session;
  if (!load_session(config_.data + "/secrets", config_.session, config_.key, config_.host,
                    config_.port_base, session, problem_)) {
    return;
  }
  socket_ = open_socket(session.engine, problem_);
  line_a_ = open_socket(session.engine, problem_);
  line_b_ = open_socket(session.engine, problem_);
  if (socket_ == nullptr || line_a_ == nullptr || line_b_ == nullptr) return;
  session_ = std::make_unique<SocketSession<Collector>>(session, *socket_, *this);
  feed_ = std::make_unique<SubscribedFeed<net::UdpTransport, Collector>>(
      *line_a_, *line_b_, session_->queries(), *this);
  session_->start(now_ns);
}

void Collector::poll(TimeNs now_ns) {
  if (feed_ == nullptr) return;
  feed_->poll(now_ns, session_->orders(), subscription(*line_a_, *line_b_));
  session_->poll(now_ns);
}

void Collector::stop(TimeNs now_ns) {
  if (session_ == nullptr) return;
  session_->orders().log_off();
  session_->poll(now_ns);
}

std::array<int, 3> Collector::descriptors() const {
  if (feed_ == nullptr) return {-1, -1, -1};
  return {socket_->fd(), line_a_->fd(), line_b_->fd()};
}

TimeNs Collector::next_deadline_ns() const {
  if (feed_ == nullptr) return UINT64_MAX;
  return std::min(session_->next_deadline_ns(), feed_->feed().next_deadline_ns());
}

void Collector::on_trade(const FeedMarket& market, const proto::FeedMessage& message) {
  const std::uint32_t id = message.market();
  first_prices_.try_emplace(id, message.price_ticks());
  auto& tape = tapes_[id];
  tape.push_front({message.engine_time_ns(), message.price_ticks(), message.quantity_lots(),
                   message.side() == proto::Side::Sell});
  if (tape.size() > kTape) tape.pop_back();
  static_cast<void>(market);
}

const Model& Collector::refresh(TimeNs now_ns) {
  model_.now_ns = UtcClock().now_ns();
  if (feed_ != nullptr) {
    const auto& feed = feed_->feed();
    model_.feed = feed.state();
    model_.logged_on = session_->orders().logged_on();
    model_.epoch = feed.epoch();
    model_.feed_sequence = feed.next_sequence();
    model_.feed_lost = feed.counters().lost;
    model_.feed_recovered = feed.counters().recovered;
    for (int i = 0; i < 2; ++i) model_.line_packets[i] = feed.counters().packets[i];
    refresh_markets();
  }
  read_counters("engine", engine_, model_.engine);
  read_counters("follower", follower_, model_.follower);
  refresh_bots(now_ns);
  if (now_ns - disk_read_ns_ > 1'000'000'000) {
    disk_read_ns_ = now_ns;
    refresh_disk();
  }
  model_.notice = notice();
  return model_;
}

std::string Collector::notice() const {
  if (feed_ == nullptr) return std::string("no feed: ").append(problem_);
  if (session_->orders().logged_on()) {
    if (logons_ <= 5) return "";
    return std::string("logged on ").append(std::to_string(logons_)).append(
        " times: does another saker top use this session? Try --session 7 --key 7");
  }
  if (refused_ != proto::Reason::NONE) {
    return std::string("logon refused: ").append(reason_word(refused_)).append(". ").append(
        explain(refused_).what);
  }
  return "logging on at the engine ...";
}

void Collector::refresh_markets() {
  model_.markets.clear();
  const auto& feed = feed_->feed();
  for (std::uint32_t id = 1; id <= feed.market_count(); ++id) {
    const FeedMarket* from = feed.market(id);
    if (from == nullptr || from->definition.market() == 0) continue;
    MarketModel& market = model_.markets.emplace_back();
    market.id = id;
    market.symbol = field_text(from->definition.symbol());
    market.phase = from->phase;
    market.live = from->live;
    market.tick_size = from->definition.tick_size();
    market.lot_size = from->definition.lot_size();
    market.price_decimals = from->definition.price_decimals();
    market.base_decimals = from->definition.base_decimals();
    market.last_price_ticks = from->last_price_ticks;
    market.trades = from->trades;
    const auto first = first_prices_.find(id);
    market.first_price_ticks = first == first_prices_.end() ? 0 : first->second;
    for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
      auto& rows = side == proto::Side::Buy ? market.bids : market.asks;
      for (std::size_t i = 0; i < config_.depth; ++i) {
        const BookLevel* level = from->book.level(side, i);
        if (level == nullptr) break;
        rows.push_back({level->price_ticks, level->quantity_lots, level->orders});
      }
    }
    const auto tape = tapes_.find(id);
    if (tape != tapes_.end()) market.tape.assign(tape->second.begin(), tape->second.end());
  }
}

void Collector::read_counters(const char* name, std::unique_ptr<CounterReader>& reader,
                              CounterModel& model) const {
  std::string error;
  if (reader == nullptr) {
    reader = CounterReader::open(
        std::string(config_.data).append("/run/").append(name).append(".counters"), error);
  } else {
    reader->refresh();
  }
  model.present = reader != nullptr;
  if (reader == nullptr) return;
  model.alive = reader->writer_alive();
  model.pid = reader->pid();
  model.started_ns = reader->started_ns();
  model.values.clear();
  for (std::size_t i = 0; i < reader->counters().size(); ++i) {
    model.values[reader->counters()[i].name] = reader->value(i);
  }
}

void Collector::refresh_bots(TimeNs now_ns) {
  CounterModel raw_counters;
  read_counters("bots", bots_, raw_counters);
  model_.bots.clear();
  model_.bots_alive = raw_counters.alive;
  if (bots_ == nullptr) return;
  constexpr std::string_view kFirst = "_commands";
  for (const auto& counter : bots_->counters()) {
    if (!counter.name.ends_with(kFirst)) continue;
    const std::string prefix = counter.name.substr(0, counter.name.size() - kFirst.size());
    const auto get = [&](const char* name) {
      return raw_counters.get(std::string(prefix).append("_").append(name));
    };
    BotModel& bot = model_.bots.emplace_back();
    bot.name = prefix;
    std::replace(bot.name.begin(), bot.name.end(), '_', '-');
    bot.session = get("session");
    bot.market = get("market");
    bot.logged_on = raw_counters.alive && get("logged_on") != 0;
    bot.commands = get("commands");
    bot.rejected = get("rejected");
    bot.fills = get("fills");
    bot.open_orders = get("open_orders");
    bot.in_flight = get("in_flight");
    bot.inventory_lots = static_cast<std::int64_t>(get("inventory_lots"));
    bot.round_trip_p50_ns = get("round_trip_p50_ns");
    bot.round_trip_p99_ns = get("round_trip_p99_ns");
    Sample& sample = samples_[prefix];
    if (now_ns - sample.time_ns >= 1'000'000'000) {
      const double seconds = static_cast<double>(now_ns - sample.time_ns) * 1e-9;
      if (sample.time_ns != 0 && bot.commands >= sample.commands) {
        sample.rate = static_cast<double>(bot.commands - sample.commands) / seconds;
      }
      sample.time_ns = now_ns;
      sample.commands = bot.commands;
    }
    bot.commands_per_second = raw_counters.alive ? sample.rate : 0;
  }
}

void Collector::refresh_disk() {
  std::error_code error;
  std::uint64_t bytes = 0;
  std::filesystem::directory_iterator files(config_.data + "/log", error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    std::error_code gone;
    const auto size = files->file_size(gone);
    if (!gone) bytes += size;
  }
  model_.log_bytes = bytes;
  struct statvfs disk;
  if (::statvfs(config_.data.c_str(), &disk) == 0) {
    model_.disk_free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
}

}  // namespace saker::client::top
