#include "engine/venue_file.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "common/bytes.hpp"
#include "common/decimal.hpp"
#include "engine/core/rules.hpp"

namespace saker::engine {

namespace {

using proto::CommandKind;

constexpr std::int64_t kMostInt = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostId = 1 << 20;
constexpr std::string_view kReason = "venue file";

template <class Characters>
void set_text(Characters* to, std::string_view text) {
  for (flatbuffers::uoffset_t i = 0; i < to->size() && i < text.size(); ++i) {
    to->Mutate(i, static_cast<std::uint8_t>(text[i]));
  }
}

std::string short_text(const ConfigTable& table, const char* key, std::size_t most) {
  std::string text = table.need_text(key);
  if (text.empty() || text.size() > most) {
    table.fail(key, "must have 1 to " + std::to_string(most) + " characters");
  }
  return text;
}

std::uint32_t id_of(const ConfigTable& table, const char* key, std::int64_t min = 1) {
  return static_cast<std::uint32_t>(table.need_integer(key, min, kMostId));
}

/// An exact decimal in units of 10^-decimals.
std::int64_t amount(const ConfigTable& table, const char* key, unsigned decimals) {
  const auto value = parse_decimal(table.need_text(key), decimals);
  if (!value || *value < 0) {
    table.fail(key, "must be a decimal number, not negative, with at most " +
                        std::to_string(decimals) + " places");
  }
  return *value;
}

/// An exact decimal in units of `unit` x 10^-decimals.
std::int64_t multiple(const ConfigTable& table, const char* key, unsigned decimals,
                      std::int64_t unit, const char* unit_name) {
  const std::int64_t value = amount(table, key, decimals);
  if (value % unit != 0) table.fail(key, std::string("must be a multiple of ") + unit_name);
  return value / unit;
}

std::uint32_t ppm(const ConfigTable& table, const char* key) {
  return static_cast<std::uint32_t>(table.need_integer(key, 0, 999'999));
}

std::uint32_t rights(const ConfigTable& table) {
  std::uint32_t bits = 0;
  for (const std::string& word : table.texts("rights")) {
    if (word == "trade") bits |= raw(proto::Rights::Trade);
    else if (word == "cancel") bits |= raw(proto::Rights::Cancel);
    else if (word == "view") bits |= raw(proto::Rights::View);
    else if (word == "administer") bits |= raw(proto::Rights::Administer);
    else if (word == "approve") bits |= raw(proto::Rights::Approve);
    else if (word == "funds") bits |= raw(proto::Rights::Funds);
    else table.fail("rights", "\"" + word + "\" is none of trade, cancel, view, administer, "
                                            "approve, funds");
  }
  if (bits == 0) table.fail("rights", "must name at least one right");
  return bits;
}

class VenueReader {
 public:
  explicit VenueReader(ConfigTable file) : file_(std::move(file)) {}

  Venue read() {
    read_genesis();
    read_assets();
    read_parties();
    read_sessions();
    read_grants();
    for (const ConfigTable& table : file_.tables("market")) read_market(table);
    read_deposits();
    file_.reject_unknown();
    return std::move(venue_);
  }

 private:
  template <class Body>
  void add(CommandKind kind, const Body& body, std::string what) {
    const Bytes bytes = bytes_of(body);
    venue_.commands.push_back({kind, {bytes.begin(), bytes.end()}, std::move(what)});
  }

  /// Ids run without gaps: the file's order is the order of creation.
  static std::uint32_t next_id(const ConfigTable& table, std::uint32_t& last, const char* what) {
    const std::uint32_t id = id_of(table, "id");
    if (id != last + 1) {
      table.fail("id", std::string("must be ") + std::to_string(last + 1) + ": the ids of " +
                           what + " run from 1 without gaps");
    }
    return last = id;
  }

  void read_genesis() {
    const ConfigTable table = file_.section("genesis");
    const auto size = [&table](const char* key) {
      return static_cast<std::uint32_t>(table.need_integer(key, 1, 1 << 26));
    };
    venue_.genesis = proto::Genesis(
        static_cast<std::uint64_t>(table.integer("random_seed", 1, 0, kMostInt)), size("orders"),
        size("price_leaves"), size("assets"), size("markets"), size("firms"), size("groups"),
        size("accounts"), size("sessions"), size("grants"), size("withdrawals"),
        size("proposals"), size("trades"), size("client_ids_per_account"),
        static_cast<std::uint32_t>(
            table.integer("rules", core::kNewestRules, core::kOldestRules, core::kNewestRules)),
        0, 0);
    set_text(venue_.genesis.mutable_venue(), short_text(table, "venue", 32));
  }

  void read_assets() {
    std::uint32_t last = 0;
    for (const ConfigTable& table : file_.tables("asset")) {
      VenueAsset asset;
      asset.id = next_id(table, last, "assets");
      asset.symbol = short_text(table, "symbol", 16);
      asset.decimals = static_cast<unsigned>(table.need_integer("decimals", 0, 18));
      proto::AddAsset body(asset.id, static_cast<std::uint8_t>(asset.decimals), 0, 0);
      set_text(body.mutable_symbol(), asset.symbol);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::AddAsset, body, "asset " + asset.symbol);
      venue_.assets.push_back(std::move(asset));
    }
  }

  void read_parties() {
    std::uint32_t last = 0;
    for (const ConfigTable& table : file_.tables("firm")) {
      const std::string name = short_text(table, "name", 16);
      proto::AddFirm body(next_id(table, last, "firms"));
      set_text(body.mutable_name(), name);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::AddFirm, body, "firm " + name);
    }
    last = 0;
    for (const ConfigTable& table : file_.tables("group")) {
      const std::string name = short_text(table, "name", 16);
      proto::AddGroup body(next_id(table, last, "groups"), id_of(table, "firm"));
      set_text(body.mutable_name(), name);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::AddGroup, body, "group " + name);
    }
    last = 0;
    for (const ConfigTable& table : file_.tables("account")) {
      const std::string name = short_text(table, "name", 16);
      proto::AddAccount body(
          next_id(table, last, "accounts"), id_of(table, "group"),
          static_cast<std::uint32_t>(table.integer("max_open_orders", 0, 0, 1 << 26)));
      set_text(body.mutable_name(), name);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::AddAccount, body, "account " + name);
    }
  }

  void read_sessions() {
    std::uint32_t last = 0;
    for (const ConfigTable& table : file_.tables("session")) {
      const std::string name = short_text(table, "name", 16);
      const std::uint32_t id = next_id(table, last, "sessions");
      const std::uint32_t key = id_of(table, "key");
      proto::AddSession body(id, id_of(table, "firm"), static_cast<proto::Rights>(rights(table)),
                             key, table.boolean("cancel_on_disconnect", true) ? 1 : 0, 0, 0);
      set_text(body.mutable_name(), name);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::AddSession, body, "session " + name);
      venue_.key_ids.push_back(key);
    }
  }

  void read_grants() {
    for (const ConfigTable& table : file_.tables("grant")) {
      const std::uint32_t session = id_of(table, "session");
      const std::uint32_t bits = rights(table);
      const std::vector<std::int64_t> accounts = table.integers("accounts", 0, kMostId);
      if (accounts.empty()) table.fail("accounts", "must name at least one account");
      for (const std::int64_t account : accounts) {
        proto::GrantAccount body(session, static_cast<std::uint32_t>(account),
                                 static_cast<proto::Rights>(bits));
        set_text(body.mutable_reason(), kReason);
        add(CommandKind::GrantAccount, body,
            "grant of " + (account == 0 ? "all accounts" : "account " + std::to_string(account)) +
                " to session " +
                std::to_string(session));
      }
    }
  }

  const VenueAsset& asset(const ConfigTable& table, const char* key) const {
    const std::string symbol = table.need_text(key);
    const auto found = std::find_if(venue_.assets.begin(), venue_.assets.end(),
                                    [&](const VenueAsset& a) { return a.symbol == symbol; });
    if (found == venue_.assets.end()) table.fail(key, "there is no asset \"" + symbol + "\"");
    return *found;
  }

  void read_market(const ConfigTable& table) {
    const std::uint32_t id = next_id(table, last_market_, "markets");
    const std::string symbol = short_text(table, "symbol", 16);
    const VenueAsset& base = asset(table, "base");
    const VenueAsset& quote = asset(table, "quote");
    const auto price_decimals =
        static_cast<unsigned>(table.need_integer("price_decimals", 0, 18));
    const std::int64_t tick = amount(table, "tick_size", price_decimals);
    if (tick == 0) table.fail("tick_size", "must be above 0");
    const std::int64_t lot = amount(table, "lot_size", base.decimals);
    if (lot == 0) table.fail("lot_size", "must be above 0");
    const Int128 scaled = Int128{tick} * lot * power_of_ten(quote.decimals);
    const Int128 unit = Int128{power_of_ten(price_decimals)} * power_of_ten(base.decimals);
    if (scaled % unit != 0) {
      table.fail("lot_size", "one tick times one lot is not a whole number of the quote "
                             "asset's minor units");
    }
    const auto price = [&](const char* key) {
      return multiple(table, key, price_decimals, tick, "tick_size");
    };
    const auto quantity = [&](const char* key) {
      return multiple(table, key, base.decimals, lot, "lot_size");
    };
    const proto::MarketParams params(
        quantity("min_quantity"), quantity("max_quantity"),
        amount(table, "min_notional", quote.decimals),
        amount(table, "max_notional", quote.decimals), price("max_price"),
        ppm(table, "price_band_ppm"), ppm(table, "protection_ppm"), ppm(table, "maker_fee_ppm"),
        ppm(table, "taker_fee_ppm"));
    proto::AddMarket body(params, tick, lot, price("reference_price"), id, base.id, quote.id,
                          id_of(table, "fee_account"), static_cast<std::uint8_t>(price_decimals),
                          0, 0, 0);
    set_text(body.mutable_symbol(), symbol);
    set_text(body.mutable_reason(), kReason);
    add(CommandKind::AddMarket, body, "market " + symbol);
    add_phase(table, id, symbol);
  }

  /// Markets begin Closed.
  void add_phase(const ConfigTable& table, std::uint32_t id, const std::string& symbol) {
    const std::string word =
        table.choice("phase", "closed", {"closed", "cancel_only", "open", "halted"});
    proto::MarketPhase phase = proto::MarketPhase::Closed;
    if (word == "cancel_only") phase = proto::MarketPhase::CancelOnly;
    if (word == "open") phase = proto::MarketPhase::Open;
    if (word == "halted") phase = proto::MarketPhase::Halted;
    if (phase == proto::MarketPhase::Closed) return;
    proto::SetMarketPhase body(id, phase, 0, 0);
    set_text(body.mutable_reason(), kReason);
    add(CommandKind::SetMarketPhase, body, "phase of market " + symbol);
  }

  void read_deposits() {
    std::uint64_t reference = 0;
    for (const ConfigTable& table : file_.tables("deposit")) {
      const VenueAsset& what = asset(table, "asset");
      const std::uint32_t account = id_of(table, "account");
      proto::Deposit body(++reference, amount(table, "amount", what.decimals), account, what.id);
      set_text(body.mutable_reason(), kReason);
      add(CommandKind::Deposit, body,
          "deposit of " + what.symbol + " to account " + std::to_string(account));
    }
  }

  ConfigTable file_;
  Venue venue_;
  std::uint32_t last_market_ = 0;
};

template <class T>
const T& body_as(const VenueCommand& command) {
  return *reinterpret_cast<const T*>(command.body.data());
}

void compare_session(const VenueCommand& command, const core::Core& core,
                     std::vector<std::string>& lines) {
  const auto& wish = body_as<proto::AddSession>(command);
  const core::SessionView view = core.session(SessionId{wish.session()});
  if (!view.exists) return lines.push_back(command.what + ": not in the state");
  if (view.rights != raw(wish.rights())) lines.push_back(command.what + ": other rights");
  if (view.key_id != wish.key_id()) lines.push_back(command.what + ": other key");
  if (view.firm != wish.firm()) lines.push_back(command.what + ": other firm");
  if (view.cancel_on_disconnect != (wish.cancel_on_disconnect() != 0)) {
    lines.push_back(command.what + ": other cancel_on_disconnect");
  }
}

void compare_market(const VenueCommand& command, const core::Core& core,
                    std::vector<std::string>& lines) {
  const auto& wish = body_as<proto::AddMarket>(command);
  if (wish.market() > core.market_count()) {
    return lines.push_back(command.what + ": not in the state");
  }
  const proto::MarketDefinition now = core.definition(MarketId{wish.market()});
  const auto differs = [&](bool same, const char* field) {
    if (!same) lines.push_back(command.what + ": other " + field);
  };
  differs(now.tick_size() == wish.tick_size(), "tick_size");
  differs(now.lot_size() == wish.lot_size(), "lot_size");
  differs(now.base_asset() == wish.base_asset(), "base");
  differs(now.quote_asset() == wish.quote_asset(), "quote");
  differs(now.price_decimals() == wish.price_decimals(), "price_decimals");
  differs(now.min_quantity_lots() == wish.params().min_quantity_lots(), "min_quantity");
  differs(now.max_quantity_lots() == wish.params().max_quantity_lots(), "max_quantity");
  differs(now.min_notional() == wish.params().min_notional(), "min_notional");
  differs(now.max_notional() == wish.params().max_notional(), "max_notional");
  differs(now.max_price_ticks() == wish.params().max_price_ticks(), "max_price");
  differs(now.maker_fee_ppm() == wish.params().maker_fee_ppm(), "maker_fee_ppm");
  differs(now.taker_fee_ppm() == wish.params().taker_fee_ppm(), "taker_fee_ppm");
}

}  // namespace

Venue load_venue(const std::string& path) { return VenueReader(load_config(path)).read(); }

Venue parse_venue(std::string_view text, const std::string& name) {
  return VenueReader(parse_config(text, name)).read();
}

std::vector<std::string> venue_differences(const Venue& venue, const core::Core& core) {
  std::vector<std::string> lines;
  for (const VenueCommand& command : venue.commands) {
    switch (command.kind) {
      case CommandKind::AddAsset:
        if (body_as<proto::AddAsset>(command).asset() > core.asset_count()) {
          lines.push_back(command.what + ": not in the state");
        }
        break;
      case CommandKind::AddAccount:
        if (!core.account_exists(AccountId{body_as<proto::AddAccount>(command).account()})) {
          lines.push_back(command.what + ": not in the state");
        }
        break;
      case CommandKind::AddSession: compare_session(command, core, lines); break;
      case CommandKind::AddMarket: compare_market(command, core, lines); break;
      default: break;
    }
  }
  return lines;
}

}  // namespace saker::engine
