#include "client/top/render.hpp"

#include <algorithm>

#include "client/top/text.hpp"

namespace saker::client::top {

namespace {

using Lines = std::vector<Line>;

struct Painter {
  const Model& model;
  const View& view;
  Line line(std::size_t width) const { return Line(width, view.colour); }
  Line line() const { return line(view.width); }
};

const char* feed_word(FeedState state) {
  static constexpr const char* kWords[] = {"no feed", "recovering", "live", "stale"};
  return kWords[static_cast<int>(state)];
}

Style feed_style(FeedState state) {
  return state == FeedState::kLive ? Style::kBid : Style::kWarn;
}

const MarketModel* chosen(const Painter& p) {
  for (const MarketModel& market : p.model.markets) {
    if (market.id == p.view.market) return &market;
  }
  return nullptr;
}

Line header(const Painter& p) {
  Line line = p.line();
  line.add(" SAKER ", Style::kTitle).add(" ");
  if (const MarketModel* market = chosen(p)) {
    line.add(market->symbol, Style::kBold).add("  ");
    line.add(market->last_price_ticks == 0
                 ? "-"
                 : price_text(market->last_price_ticks, market->tick_size, market->price_decimals),
             market->last_price_ticks >= market->first_price_ticks ? Style::kBid : Style::kAsk);
    line.add("  ").add(proto::EnumNameMarketPhase(market->phase),
                       market->phase == proto::MarketPhase::Open ? Style::kPlain : Style::kWarn);
  }
  const std::string clock = clock_text(p.model.now_ns, false) + " UTC";
  const std::string word = feed_word(p.model.feed);
  const std::size_t tail = clock.size() + word.size() + 5;
  if (p.view.width > tail) line.to(p.view.width - tail);
  return line.add("● ", feed_style(p.model.feed)).add(word, feed_style(p.model.feed)).add("  ")
      .add(clock, Style::kDim);
}

Line tabs(const Painter& p) {
  Line line = p.line();
  for (const MarketModel& market : p.model.markets) {
    std::string text(" ");
    text.append(std::to_string(market.id)).append(" ").append(market.symbol).append(" ");
    line.add(text, market.id == p.view.market ? Style::kChosen : Style::kPlain).add(" ");
    line.add(market.last_price_ticks == 0
                 ? std::string("-")
                 : price_text(market.last_price_ticks, market.tick_size, market.price_decimals),
             Style::kDim);
    line.add("  ");
  }
  const std::string keys = "? help  q quit ";
  if (line.used() + keys.size() < p.view.width) line.to(p.view.width - keys.size());
  return line.add(keys, Style::kDim);
}

// ---- book and trades -----------------------------------------------------------------------

Line level_line(const Painter& p, const MarketModel& market, const LevelRow* row, bool ask,
                std::int64_t most, std::size_t width) {
  Line line = p.line(width);
  if (row == nullptr) return line;
  line.right(price_text(row->price_ticks, market.tick_size, market.price_decimals), 12,
             ask ? Style::kAsk : Style::kBid);
  line.right(quantity_text(row->quantity_lots, market.lot_size, market.base_decimals), 11);
  line.right(std::to_string(row->orders), 4, Style::kDim).add(" ");
  if (width > line.used() + 1) {
    line.bar(static_cast<double>(row->quantity_lots) / static_cast<double>(most),
             width - line.used() - 1, ask ? Style::kAsk : Style::kBid);
  }
  return line;
}

Lines book_panel(const Painter& p, std::size_t width, std::size_t height) {
  Lines lines;
  const MarketModel* market = chosen(p);
  lines.push_back(p.line(width));
  lines.back().right("price", 12, Style::kDim).right("quantity", 11, Style::kDim)
      .right("n", 4, Style::kDim);
  if (market == nullptr || height < 4) return lines;
  const std::size_t depth = (height - 2) / 2;
  std::int64_t most = 1;
  for (const auto* side : {&market->bids, &market->asks}) {
    for (std::size_t i = 0; i < std::min(depth, side->size()); ++i) {
      most = std::max(most, (*side)[i].quantity_lots);
    }
  }
  const auto row = [](const std::vector<LevelRow>& rows, std::size_t i) {
    return i < rows.size() ? &rows[i] : nullptr;
  };
  for (std::size_t i = depth; i-- > 0;) {
    lines.push_back(level_line(p, *market, row(market->asks, i), true, most, width));
  }
  Line middle = p.line(width);
  if (!market->live) {
    middle.add("   book is being rebuilt", Style::kWarn);
  } else if (market->bids.empty() || market->asks.empty()) {
    middle.add("   no two-sided market", Style::kDim);
  } else {
    const std::int64_t spread = market->asks[0].price_ticks - market->bids[0].price_ticks;
    std::string text("spread ");
    text.append(price_text(spread, market->tick_size, market->price_decimals));
    middle.right(text, 23, Style::kDim);
  }
  lines.push_back(middle);
  for (std::size_t i = 0; i < depth; ++i) {
    lines.push_back(level_line(p, *market, row(market->bids, i), false, most, width));
  }
  return lines;
}

Lines trades_panel(const Painter& p, std::size_t width, std::size_t height) {
  Lines lines;
  lines.push_back(p.line(width));
  lines.back().left("trades", 13, Style::kDim).right("price", 9, Style::kDim)
      .right("quantity", 9, Style::kDim);
  const MarketModel* market = chosen(p);
  if (market == nullptr) return lines;
  for (const TradeRow& trade : market->tape) {
    if (lines.size() >= height) break;
    const Style style = trade.buyer_took ? Style::kBid : Style::kAsk;
    lines.push_back(p.line(width));
    lines.back().left(clock_text(trade.time_ns, true), 13, Style::kDim)
        .right(price_text(trade.price_ticks, market->tick_size, market->price_decimals), 9, style)
        .right(quantity_text(trade.quantity_lots, market->lot_size, market->base_decimals), 9)
        .add(trade.buyer_took ? " buy" : " sell", style);
  }
  return lines;
}

// ---- the machine ---------------------------------------------------------------------------

Line title(const Painter& p, const char* name) {
  Line line = p.line();
  return line.left(name, 10, Style::kTitle);
}

void named(Line& line, const char* name, const std::string& value, Style style = Style::kPlain) {
  line.add(name, Style::kDim).add(" ").add(value, style).add("  ");
}

Lines engine_panel(const Painter& p) {
  Lines lines;
  const CounterModel& e = p.model.engine;
  lines.push_back(title(p, "engine"));
  if (!e.present || !e.alive) {
    lines.back().add(e.present ? "not running" : "no counters: has it been started?", Style::kWarn);
    return lines;
  }
  const std::uint64_t sequence = e.get("sequence");
  named(lines.back(), "sequence", grouped(sequence), Style::kBold);
  named(lines.back(), "committed", grouped(e.get("committed_sequence")));
  named(lines.back(), "released", grouped(e.get("released_sequence")));
  named(lines.back(), "epoch", std::to_string(e.get("epoch")));
  lines.push_back(p.line().to(10));
  named(lines.back(), "orders/s", grouped(e.get("orders_per_second")), Style::kBold);
  named(lines.back(), "commands/s", grouped(e.get("commands_per_second")));
  named(lines.back(), "open orders", grouped(e.get("open_orders")));
  named(lines.back(), "sessions", grouped(e.get("sessions_connected")));
  lines.push_back(title(p, "latency"));
  named(lines.back(), "p50", duration_text(e.get("latency_p50_ns")), Style::kBold);
  named(lines.back(), "p90", duration_text(e.get("latency_p90_ns")));
  named(lines.back(), "p99", duration_text(e.get("latency_p99_ns")));
  named(lines.back(), "p99.9", duration_text(e.get("latency_p999_ns")));
  named(lines.back(), "max", duration_text(e.get("latency_max_ns")));
  lines.push_back(title(p, "loop"));
  named(lines.back(), "inside", duration_text(e.get("residence_p50_ns")), Style::kBold);
  named(lines.back(), "p99", duration_text(e.get("residence_p99_ns")));
  named(lines.back(), "busy", std::to_string(e.get("loop_busy_permille") / 10) + "%");
  named(lines.back(), "longest", duration_text(e.get("loop_longest_ns")));
  named(lines.back(), ">100us", grouped(e.get("loop_over_100us")));
  named(lines.back(), ">1ms", grouped(e.get("loop_over_1ms")),
        e.get("loop_over_1ms") == 0 ? Style::kPlain : Style::kWarn);
  lines.push_back(title(p, "log"));
  static constexpr const char* kRooms[] = {"ok", "low", "none: only cancels"};
  const std::uint64_t room = std::min<std::uint64_t>(e.get("room_state"), 2);
  named(lines.back(), "durable", grouped(e.get("durable_sequence")));
  named(lines.back(), "size", bytes_text(p.model.log_bytes));
  named(lines.back(), "free", bytes_text(p.model.disk_free_bytes));
  named(lines.back(), "room", kRooms[room], room == 0 ? Style::kPlain : Style::kWarn);
  named(lines.back(), "policy", e.get("policy") == 0 ? "memory" : "disk",
        e.get("policy") == 0 ? Style::kWarn : Style::kPlain);
  return lines;
}

Lines follower_panel(const Painter& p) {
  Lines lines;
  const CounterModel& f = p.model.follower;
  lines.push_back(title(p, "follower"));
  if (!f.present || !f.alive) {
    lines.back().add(f.present ? "not running" : "no counters: has it been started?", Style::kWarn);
    return lines;
  }
  const std::uint64_t applied = f.get("applied_sequence");
  const std::uint64_t committed = p.model.engine.get("committed_sequence");
  const std::uint64_t behind = committed > applied ? committed - applied : 0;
  named(lines.back(), "applied", grouped(applied), Style::kBold);
  named(lines.back(), "behind", grouped(behind), behind > 10'000 ? Style::kWarn : Style::kPlain);
  named(lines.back(), "lag", duration_text(f.get("lag_ns")));
  named(lines.back(), "snapshot", grouped(f.get("snapshot_sequence")));
  named(lines.back(), "events", grouped(f.get("events_sequence")));
  return lines;
}

Line feed_line(const Painter& p) {
  Line line = title(p, "feed");
  named(line, "next", grouped(p.model.feed_sequence));
  named(line, "lines",
        grouped(p.model.line_packets[0]) + " A " + grouped(p.model.line_packets[1]) + " B");
  named(line, "refetched", grouped(p.model.feed_recovered));
  named(line, "lost", grouped(p.model.feed_lost),
        p.model.feed_lost > 0 ? Style::kWarn : Style::kPlain);
  return line;
}

Lines bots_panel(const Painter& p, std::size_t height) {
  Lines lines;
  if (p.model.bots.empty() || height == 0) return lines;
  if (height < p.model.bots.size() + 1) {
    BotModel sum;
    std::uint64_t on = 0;
    for (const BotModel& bot : p.model.bots) {
      on += bot.logged_on;
      sum.commands += bot.commands;
      sum.rejected += bot.rejected;
      sum.fills += bot.fills;
      sum.open_orders += bot.open_orders;
      sum.commands_per_second += bot.commands_per_second;
    }
    lines.push_back(title(p, "bots"));
    named(lines.back(), "on", std::to_string(on) + "/" + std::to_string(p.model.bots.size()),
          p.model.bots_alive ? Style::kPlain : Style::kWarn);
    named(lines.back(), "commands/s",
          grouped(static_cast<std::uint64_t>(sum.commands_per_second + 0.5)));
    named(lines.back(), "fills", grouped(sum.fills));
    named(lines.back(), "rejects", grouped(sum.rejected));
    named(lines.back(), "open", grouped(sum.open_orders));
    return lines;
  }
  lines.push_back(p.line());
  lines.back().left(p.model.bots_alive ? "bots" : "bots (stopped)", 16, Style::kTitle)
      .right("cmd/s", 6, Style::kDim).right("fills", 9, Style::kDim)
      .right("rejects", 8, Style::kDim).right("open", 5, Style::kDim)
      .right("flying", 7, Style::kDim).right("inventory", 10, Style::kDim)
      .right("p50", 9, Style::kDim).right("p99", 9, Style::kDim);
  for (const BotModel& bot : p.model.bots) {
    Line line = p.line();
    line.add(bot.logged_on ? "● " : "○ ", bot.logged_on ? Style::kBid : Style::kWarn);
    line.left(bot.name, 14)
        .right(grouped(static_cast<std::uint64_t>(bot.commands_per_second + 0.5)), 6)
        .right(grouped(bot.fills), 9).right(grouped(bot.rejected), 8)
        .right(grouped(bot.open_orders), 5).right(grouped(bot.in_flight), 7)
        .right(std::to_string(bot.inventory_lots), 10)
        .right(duration_text(bot.round_trip_p50_ns), 9)
        .right(duration_text(bot.round_trip_p99_ns), 9);
    lines.push_back(line);
  }
  return lines;
}

Lines help_panel(const Painter& p) {
  static constexpr const char* kText[] = {
      "1..9, left, right   choose the market",
      "?                   this text",
      "q, Ctrl-C           quit",
      "",
      "book      price, quantity, number of orders at that price; the bar is the quantity",
      "trades    green: a buyer took a resting sell order; red: a seller took a buy order",
      "engine    sequence: last command applied; committed: on the disk; released: answered",
      "latency   datagram received until its answer was handed to the network, last second",
      "loop      inside: from the frame to its answer's, of orders that wait for no disk;",
      "          and rounds of the engine's thread that took longer than they should",
      "log       durable: on the disk up to here; room: whether new orders are still taken",
      "follower  re-executes the log for questions and resends; behind: commands it has to do",
      "feed      what this program received; refetched: had to be asked for again",
      "bots      the venue's own customers; flying: commands without an answer yet"};
  Lines lines;
  for (const char* text : kText) {
    lines.push_back(p.line());
    lines.back().add("  ").add(text);
  }
  return lines;
}

}  // namespace

std::vector<std::string> render(const Model& model, const View& view) {
  const Painter p{model, view};
  Lines lines = {header(p), tabs(p)};
  if (!model.notice.empty()) lines.push_back(p.line().add(" ").add(model.notice, Style::kWarn));
  if (view.help) {
    lines.push_back(p.line());
    for (Line& line : help_panel(p)) lines.push_back(line);
  } else {
    Lines machine = engine_panel(p);
    for (Line& line : follower_panel(p)) machine.push_back(line);
    machine.push_back(feed_line(p));
    // The book gets what is left, but no more than twelve levels a side before bots get a table.
    const std::size_t fixed = lines.size() + machine.size();
    const std::size_t table = model.bots.empty() ? 0 : model.bots.size() + 1;
    const std::size_t left = view.height > fixed ? view.height - fixed : 0;
    const std::size_t bots_room = left >= table + 12 ? table : left > 8 ? 1 : 0;
    const Lines bots = bots_panel(p, bots_room);
    const std::size_t book_height = left - std::min(left, bots.size());
    const std::size_t half = view.width * 21 / 40;
    const Lines book = book_panel(p, half, book_height);
    const Lines trades = trades_panel(p, view.width - half - 1, book_height);
    for (std::size_t i = 0; i < book_height; ++i) {
      Line line = p.line();
      if (i < book.size()) line.join(book[i], 0);
      if (i < trades.size()) line.join(trades[i], half + 1);
      lines.push_back(line);
    }
    for (Line& line : machine) lines.push_back(line);
    lines.insert(lines.end(), bots.begin(), bots.end());
  }
  std::vector<std::string> out;
  for (const Line& line : lines) {
    if (out.size() < view.height) out.push_back(line.text());
  }
  return out;
}

}  // namespace saker::client::top
