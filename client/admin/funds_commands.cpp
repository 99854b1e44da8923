// Money, proposals with two approvers, and stopping people.
#include "client/admin/commands.hpp"
#include "client/admin/print.hpp"

namespace saker::client::admin {

namespace {

struct Arguments {
  std::uint32_t account = 0, to = 0;
  std::string asset, amount, text;
  std::uint64_t number = 0;
  std::uint64_t reference = 0;
  bool minor = false, lift = false;
};

proto::Scope read_scope(const std::string& text) {
  for (const proto::Scope scope : {proto::Scope::Account, proto::Scope::Group, proto::Scope::Firm,
                                   proto::Scope::Session, proto::Scope::All}) {
    std::string word = proto::EnumNameScope(scope);
    word[0] = static_cast<char>(word[0] - 'A' + 'a');
    if (word == text) return scope;
  }
  throw Failure(Exit::kUsage, "the scope is account, group, firm, session or all");
}

template <class Command>
Command with_reason(const Options& options, Command command) {
  fill_text(command.mutable_reason(), options.reason);
  return command;
}

/// Deposit and WithdrawHold have the same shape.
template <class Command>
Exit move_funds(Connection& c, const Options& options, const Arguments& a) {
  const Names names(c.markets());
  const Names::Asset asset = names.asset(a.asset);
  Command command;
  command.mutate_account(a.account);
  command.mutate_asset(asset.id);
  command.mutate_amount(read_amount(a.amount, asset, a.minor));
  command.mutate_reference(a.reference);
  return print_outcome(options, c.execute(with_reason(options, command)));
}

CLI::App* funds(CLI::App& app, const char* name, const char* help, Arguments& a) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->add_option("account", a.account, "account number")->required();
  sub->add_option("asset", a.asset, "symbol or number")->required();
  sub->add_option("amount", a.amount, "decimal, as in 12.50")->required();
  sub->add_flag("--minor", a.minor, "the amount is in minor units (cents, satoshi)");
  return sub;
}

void add_proposals(CLI::App& app, const Options& options, Action& action, Arguments& a) {
  CLI::App* sub = app.add_subcommand("adjust", "propose to move an amount between two accounts");
  sub->add_option("from", a.account, "account number")->required();
  sub->add_option("to", a.to, "account number")->required();
  sub->add_option("asset", a.asset, "symbol or number")->required();
  sub->add_option("amount", a.amount, "decimal")->required();
  sub->add_flag("--minor", a.minor, "the amount is in minor units");
  sub->callback([&] {
    action = [&](Connection& c) {
      const Names names(c.markets());
      const Names::Asset asset = names.asset(a.asset);
      proto::ProposeTransfer command;
      command.mutate_from_account(a.account);
      command.mutate_to_account(a.to);
      command.mutate_asset(asset.id);
      command.mutate_amount(read_amount(a.amount, asset, a.minor));
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.add_subcommand("bust", "propose to undo a trade");
  sub->add_option("trade", a.number, "trade number")->required();
  sub->callback([&] {
    action = [&](Connection& c) {
      proto::ProposeTradeBust command;
      command.mutate_trade_id(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.add_subcommand("approve", "approve a proposal; the second approval carries it out");
  sub->add_option("proposal", a.number, "its number")->required();
  sub->callback([&] {
    action = [&](Connection& c) {
      proto::ApproveProposal command;
      command.mutate_proposal(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.add_subcommand("reject", "reject a proposal");
  sub->add_option("proposal", a.number, "its number")->required();
  sub->callback([&] {
    action = [&](Connection& c) {
      proto::RejectProposal command;
      command.mutate_proposal(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
}

void add_stops(CLI::App& app, const Options& options, Action& action, Arguments& a) {
  CLI::App* sub = app.add_subcommand(
      "kill", "kill switch: refuse new orders in a scope and cancel the resting ones");
  sub->add_option("scope", a.text, "account, group, firm, session or all")->required();
  sub->add_option("id", a.number, "number of the account, group, firm or session");
  sub->add_flag("--lift", a.lift, "lift the switch again");
  sub->callback([&] {
    action = [&](Connection& c) {
      proto::KillSwitch command;
      command.mutate_scope(read_scope(a.text));
      command.mutate_scope_id(static_cast<std::uint32_t>(a.number));
      command.mutate_engaged(a.lift ? 0 : 1);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.add_subcommand("cancel-all", "cancel the resting orders of a scope");
  sub->add_option("scope", a.text, "group, firm, all; account with a grant; session: one's own")
      ->required();
  sub->add_option("id", a.number, "number of the group, firm or account");
  sub->callback([&] {
    action = [&](Connection& c) {
      const Outcome outcome = c.execute(MassCancelRequest{
          .scope = read_scope(a.text), .scope_id = static_cast<std::uint32_t>(a.number)});
      const Exit exit = print_outcome(options, outcome);
      if (exit == Exit::kDone) {
        const std::uint64_t orders = c.wait_for_mass_cancel();
        if (!options.json) {
          std::printf("%llu orders cancelled\n", static_cast<unsigned long long>(orders));
        }
      }
      return exit;
    };
  });
}

}  // namespace

void add_funds_commands(CLI::App& app, const Options& options, Action& action) {
  static Arguments a;
  CLI::App* sub = funds(app, "deposit", "credit an account from outside", a);
  sub->add_option("--reference", a.reference, "number carried into the ledger");
  sub->callback([&] {
    action = [&](Connection& c) { return move_funds<proto::Deposit>(c, options, a); };
  });
  sub = funds(app, "withdraw", "hold an amount for a withdrawal", a);
  sub->add_option("--reference", a.reference, "number of the withdrawal")->required();
  sub->callback([&] {
    action = [&](Connection& c) { return move_funds<proto::WithdrawHold>(c, options, a); };
  });
  sub = app.add_subcommand("withdraw-settle", "end a withdrawal");
  sub->add_option("reference", a.reference, "number of the withdrawal")->required();
  sub->add_option("outcome", a.text, "paid or void")->required()
      ->check(CLI::IsMember({"paid", "void"}));
  sub->callback([&] {
    action = [&](Connection& c) {
      proto::WithdrawSettle command;
      command.mutate_reference(a.reference);
      command.mutate_outcome(a.text == "paid" ? proto::WithdrawOutcome::Paid
                                              : proto::WithdrawOutcome::Void);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  add_proposals(app, options, action, a);
  add_stops(app, options, action, a);
}

}  // namespace saker::client::admin
