// Who there is: assets, firms, groups, accounts, sessions, grants; and the questions.
#include "client/admin/commands.hpp"
#include "client/admin/print.hpp"
#include "common/secret_store.hpp"

namespace saker::client::admin {

namespace {

struct DirectoryArguments {
  std::uint32_t id = 0, parent = 0, account = 0, key = 0, max_open_orders = 1'000;
  unsigned decimals = 2;
  std::string name, market;
  std::vector<std::string> rights;
  bool cancel_on_disconnect = false;
  std::uint64_t client_order_id = 0, count = 20;
  std::size_t depth = 10;
};

proto::Rights read_rights(const std::vector<std::string>& words) {
  static constexpr std::pair<const char*, proto::Rights> kWords[] = {
      {"trade", proto::Rights::Trade},           {"cancel", proto::Rights::Cancel},
      {"view", proto::Rights::View},             {"administer", proto::Rights::Administer},
      {"approve", proto::Rights::Approve},       {"funds", proto::Rights::Funds}};
  std::uint32_t rights = 0;
  for (const std::string& word : words) {
    std::uint32_t bit = 0;
    for (const auto& [name, right] : kWords) bit |= word == name ? raw(right) : 0;
    if (bit == 0) {
      throw Failure(Exit::kUsage, std::string("no right ").append(word).append(
                                      ": trade, cancel, view, administer, approve, funds"));
    }
    rights |= bit;
  }
  return static_cast<proto::Rights>(rights);
}

/// Names it, gives the reason, sends it.
template <class Command>
Exit add(Connection& c, const Options& options, Command command, const std::string& name) {
  fill_text(command.mutable_name(), name);
  fill_text(command.mutable_reason(), options.reason);
  return print_outcome(options, c.execute(command));
}

void add_parties(CommandLine& app, const Options& options, Action& action, DirectoryArguments& a) {
  CommandLine* sub = app.command("add-firm", "make a firm");
  sub->option("id", a.id, "the next free number").required();
  sub->option("name", a.name, "at most 16 bytes").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::AddFirm command;
      command.mutate_firm(a.id);
      return add(c, options, command, a.name);
    };
  });
  sub = app.command("add-group", "make a trading group; its orders never meet each other");
  sub->option("id", a.id, "the next free number").required();
  sub->option("firm", a.parent, "its firm").required();
  sub->option("name", a.name, "at most 16 bytes").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::AddGroup command;
      command.mutate_group(a.id);
      command.mutate_firm(a.parent);
      return add(c, options, command, a.name);
    };
  });
  sub = app.command("add-account", "make an account");
  sub->option("id", a.id, "the next free number").required();
  sub->option("group", a.parent, "its trading group").required();
  sub->option("name", a.name, "at most 16 bytes").required();
  sub->option("--max-open-orders", a.max_open_orders, "0: no limit").shown();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::AddAccount command;
      command.mutate_account(a.id);
      command.mutate_group(a.parent);
      command.mutate_max_open_orders(a.max_open_orders);
      return add(c, options, command, a.name);
    };
  });
}

/// The engine takes a key up when its file is there; the participant gets a copy of the file.
void make_secret(const Options& options, std::uint32_t key) {
  SecretStore secrets(options.data + "/secrets");
  std::string error;
  if (!secrets.load(error) || !secrets.create(key, error)) throw Failure(Exit::kUsage, error);
  if (!options.json) std::printf("secret: %s/secrets/key-%u.hex\n", options.data.c_str(), key);
}

void add_sessions(CommandLine& app, const Options& options, Action& action, DirectoryArguments& a) {
  CommandLine* sub = app.command("add-session", "make a session and its secret");
  sub->option("id", a.id, "the next free number").required();
  sub->option("firm", a.parent, "its firm").required();
  sub->option("name", a.name, "at most 16 bytes").required();
  sub->option("--key", a.key, "key id (default: the session's number)");
  sub->option("--right", a.rights, "trade, cancel, view, administer, approve, funds").required();
  sub->flag("--cancel-on-disconnect", a.cancel_on_disconnect,
            "take its orders out when it is silent for too long");
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::AddSession command;
      const std::uint32_t key = a.key != 0 ? a.key : a.id;
      command.mutate_session(a.id);
      command.mutate_firm(a.parent);
      command.mutate_key_id(key);
      command.mutate_rights(read_rights(a.rights));
      command.mutate_cancel_on_disconnect(a.cancel_on_disconnect ? 1 : 0);
      const Exit exit = add(c, options, command, a.name);
      if (exit == Exit::kDone) make_secret(options, key);
      return exit;
    };
  });
  sub = app.command("grant", "let a session act for an account; no rights: revoke");
  sub->option("session", a.id, "session number").required();
  sub->option("account", a.account, "account number").required();
  sub->option("--right", a.rights, "trade, cancel, view, funds ...");
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::GrantAccount command;
      command.mutate_session(a.id);
      command.mutate_account(a.account);
      command.mutate_rights(read_rights(a.rights));
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
}

}  // namespace

void add_directory_commands(CommandLine& app, const Options& options, Action& action) {
  static DirectoryArguments a;
  CommandLine* sub = app.command("add-asset", "make an asset");
  sub->option("id", a.id, "the next free number").required();
  sub->option("symbol", a.name, "at most 16 bytes").required();
  sub->option("decimals", a.decimals, "of its minor unit, 0..18").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::AddAsset command;
      command.mutate_asset(a.id);
      command.mutate_decimals(static_cast<std::uint8_t>(a.decimals));
      fill_text(command.mutable_symbol(), a.name);
      fill_text(command.mutable_reason(), options.reason);
      return print_outcome(options, c.execute(command));
    };
  });
  add_parties(app, options, action, a);
  add_sessions(app, options, action, a);
}

void add_questions(CommandLine& app, Action& action) {
  static DirectoryArguments a;
  const auto done = [](auto&&...) { return Exit::kDone; };
  CommandLine* sub = app.command("balances", "what an account has");
  sub->option("account", a.account, "account number").required();
  sub->on_use([&, done] {
    action = [&, done](Connection& c) { return print_balances(c, a.account), done(); };
  });
  sub = app.command("orders", "the open orders of an account");
  sub->option("account", a.account, "account number").required();
  sub->on_use([&, done] {
    action = [&, done](Connection& c) {
      print_orders(c, c.fetch<proto::OpenOrder>(proto::QueryKind::OpenOrders, a.account));
      return done();
    };
  });
  sub = app.command("order", "one order, by its client order id");
  sub->option("account", a.account, "account number").required();
  sub->option("client-order-id", a.client_order_id, "as the client chose it").required();
  sub->on_use([&, done] {
    action = [&, done](Connection& c) {
      print_orders(c, {c.order_status(a.account, a.client_order_id)});
      return done();
    };
  });
  sub = app.command("markets", "all markets");
  sub->on_use([&, done] {
    action = [done](Connection& c) { return print_markets(c), done(); };
  });
  sub = app.command("book", "the book of a market");
  sub->option("market", a.market, "symbol or number").required();
  sub->option("--depth", a.depth, "levels a side").shown();
  sub->on_use([&, done] {
    action = [&, done](Connection& c) { return print_book(c, a.market, a.depth), done(); };
  });
  sub = app.command("drop-copy", "the last reports about an account");
  sub->option("account", a.account, "account number").required();
  sub->option("--last", a.count, "how many").shown();
  sub->on_use([&, done] {
    action = [&, done](Connection& c) {
      print_reports(c, c.drop_copy(a.account, a.count));
      return done();
    };
  });
}

}  // namespace saker::client::admin
