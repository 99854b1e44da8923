#include "accounts/config.hpp"

#include "accounts/identity/email.hpp"
#include "common/decimal.hpp"

namespace saker::accounts {
namespace {

std::int64_t duration_ms(const ConfigTable& table, std::string_view key, std::string_view fallback,
                         std::string_view min, std::string_view max) {
  return static_cast<std::int64_t>(table.duration_ns(key, fallback, min, max) / 1'000'000);
}

void read_limit(const ConfigTable& table, const std::string& name, Limit& limit) {
  limit.count = table.integer(name, limit.count, 1, 1'000'000);
  const std::string fallback = std::to_string(limit.window_ms) + "ms";
  limit.window_ms = duration_ms(table, name + "_window", fallback, "1s", "744h");
}

void read_identity(const ConfigTable& table, IdentityConfig& identity) {
  identity.code_life_ms = duration_ms(table, "code_life", "5min", "1s", "5min");
  identity.code_tries = static_cast<int>(table.integer("code_tries", 5, 1, 5));
  identity.session_life_ms = duration_ms(table, "session_life", "720h", "15min", "8760h");
  identity.sessions_per_user = static_cast<int>(table.integer("sessions_per_user", 20, 1, 1'000));
  identity.secure_cookies = table.boolean("secure_cookies", false);
  identity.account_wait_ms = duration_ms(table, "account_wait", "3s", "0ms", "20s");
  const ConfigTable limits = table.section("limits");
  read_limit(limits, "codes_per_address", identity.codes_per_address);
  read_limit(limits, "codes_per_address_daily", identity.codes_per_address_daily);
  read_limit(limits, "codes_per_network", identity.codes_per_network);
  read_limit(limits, "tries_per_network", identity.tries_per_network);
}

void read_mail(const ConfigTable& table, MailConfig& mail, std::uint16_t port_base) {
  mail.url = table.text("url", "");
  if (mail.url.empty()) mail.url = "smtp://127.0.0.1:" + std::to_string(port_base + 6);
  if (!mail.url.starts_with("smtp://") && !mail.url.starts_with("smtps://")) {
    table.fail("url", "must begin with smtp:// or smtps://");
  }
  mail.from_address = table.text("from_address", mail.from_address);
  if (!normalise_email(mail.from_address)) table.fail("from_address", "is not a mail address");
  mail.from_name = table.text("from_name", mail.from_name);
  for (const char c : mail.from_name) {
    if (c < 0x20 || c > 0x7E || c == '<' || c == '>' || c == '"') {
      table.fail("from_name", "must be plain text");
    }
  }
  mail.user = table.text("user", "");
  mail.password_path = table.text("password_file", "");
  if (mail.user.empty() != mail.password_path.empty()) {
    table.fail("user", "goes together with password_file");
  }
  mail.require_tls = table.boolean("require_tls", false);
  mail.timeout_ns = table.duration_ns("timeout", "10s", "100ms", "2min");
  mail.attempts = static_cast<int>(table.integer("attempts", 3, 1, 10));
  mail.max_waiting = static_cast<std::size_t>(table.integer("max_waiting", 1'000, 1, 100'000));
}

std::string read_amount(const ConfigTable& table, std::string_view key) {
  const std::string text = table.text(key, "");
  const auto minor = parse_decimal(text, 8);
  if (!text.empty() && (!minor || *minor < 0)) {
    table.fail(key, "must be decimal text like \"1000.00\", at most 8 places");
  }
  return text;
}

void read_payments(const ConfigTable& root, PaymentsConfig& payments) {
  const ConfigTable table = root.section("payments");
  payments.faucet_interval_ms = duration_ms(table, "faucet_interval", "24h", "1s", "744h");
  payments.payout_delay_ms = duration_ms(table, "payout_delay", "10s", "0ms", "744h");
  payments.void_prefix = table.text("void_prefix", "refuse");
  payments.outcome_wait_ms = duration_ms(table, "outcome_wait", "5s", "0ms", "20s");
  payments.history_wait_ms = duration_ms(table, "history_wait", "2s", "0ms", "20s");
  for (const ConfigTable& asset : root.tables("asset")) {
    AssetRules rules;
    rules.symbol = asset.need_text("symbol");
    rules.faucet = read_amount(asset, "faucet");
    rules.deposit_max = read_amount(asset, "deposit_max");
    rules.deposit_daily = read_amount(asset, "deposit_daily");
    rules.withdrawal_min = read_amount(asset, "withdrawal_min");
    rules.withdrawal_max = read_amount(asset, "withdrawal_max");
    payments.assets.push_back(rules);
  }
}

void read_engine(const ConfigTable& table, EngineConfig& engine) {
  const auto number = [&table](const char* key, std::uint32_t fallback, std::uint32_t most) {
    return static_cast<std::uint32_t>(table.integer(key, fallback, 0, most));
  };
  engine.host = table.text("host", engine.host);
  engine.funds_session = number("funds_session", engine.funds_session, 1 << 20);
  engine.registrar_session = number("registrar_session", engine.registrar_session, 1 << 20);
  engine.opening.gateway_session =
      number("gateway_session", engine.opening.gateway_session, 1 << 20);
  engine.opening.firm = number("customers_firm", engine.opening.firm, 1 << 20);
  engine.opening.max_open_orders =
      number("max_open_orders", engine.opening.max_open_orders, 1 << 20);
}

}  // namespace

AccountsConfig read_accounts_config(const ConfigTable& root, const std::string& data,
                                    std::uint16_t port_base) {
  AccountsConfig config;
  read_identity(root.section("identity"), config.identity);
  read_mail(root.section("mail"), config.mail, port_base);
  read_payments(root, config.payments);
  read_engine(root.section("engine"), config.engine);
  config.engine.secrets = data + "/secrets";
  config.engine.port_base = port_base;
  const ConfigTable database = root.section("database");
  config.identity_workers =
      static_cast<std::size_t>(database.integer("identity_workers", 2, 1, 15));
  config.payments_workers =
      static_cast<std::size_t>(database.integer("payments_workers", 3, 1, 15));
  config.database_patience_ns = database.duration_ns("patience", "5s", "100ms", "20s");
  return config;
}

}  // namespace saker::accounts
