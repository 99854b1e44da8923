// Money, proposals with two approvers, and stopping people.
#include "client/admin/commands.hpp"
#include "client/admin/print.hpp"

namespace saker::client::admin {

namespace {

struct FundsArguments {
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
Exit move_funds(Connection& c, const Options& options, const FundsArguments& a) {
  const Names names(c.markets());
  const Names::Asset asset = names.asset(a.asset);
  Command command;
  command.mutate_account(a.account);
  command.mutate_asset(asset.id);
  command.mutate_amount(read_amount(a.amount, asset, a.minor));
  command.mutate_reference(a.reference);
  return print_outcome(options, c.execute(with_reason(options, command)));
}

CommandLine* funds(CommandLine& app, const char* name, const char* help, FundsArguments& a) {
  CommandLine* sub = app.command(name, help);
  sub->option("account", a.account, "account number").required();
  sub->option("asset", a.asset, "symbol or number").required();
  sub->option("amount", a.amount, "decimal, as in 12.50").required();
  sub->flag("--minor", a.minor, "the amount is in minor units (cents, satoshi)");
  return sub;
}

void add_proposals(CommandLine& app, const Options& options, Action& action, FundsArguments& a) {
  CommandLine* sub = app.command("adjust", "propose to move an amount between two accounts");
  sub->option("from", a.account, "account number").required();
  sub->option("to", a.to, "account number").required();
  sub->option("asset", a.asset, "symbol or number").required();
  sub->option("amount", a.amount, "decimal").required();
  sub->flag("--minor", a.minor, "the amount is in minor units");
  sub->on_use([&] {
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
  sub = app.command("bust", "propose to undo a trade");
  sub->option("trade", a.number, "trade number").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::ProposeTradeBust command;
      command.mutate_trade_id(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.command("approve", "approve a proposal; the second approval carries it out");
  sub->option("proposal", a.number, "its number").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::ApproveProposal command;
      command.mutate_proposal(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.command("reject", "reject a proposal");
  sub->option("proposal", a.number, "its number").required();
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::RejectProposal command;
      command.mutate_proposal(a.number);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
}

void add_stops(CommandLine& app, const Options& options, Action& action, FundsArguments& a) {
  CommandLine* sub = app.command(
      "kill", "kill switch: refuse new orders in a scope and cancel the resting ones");
  sub->option("scope", a.text, "account, group, firm, session or all").required();
  sub->option("id", a.number, "number of the account, group, firm or session");
  sub->flag("--lift", a.lift, "lift the switch again");
  sub->on_use([&] {
    action = [&](Connection& c) {
      proto::KillSwitch command;
      command.mutate_scope(read_scope(a.text));
      command.mutate_scope_id(static_cast<std::uint32_t>(a.number));
      command.mutate_engaged(a.lift ? 0 : 1);
      return print_outcome(options, c.execute(with_reason(options, command)));
    };
  });
  sub = app.command("cancel-all", "cancel the resting orders of a scope");
  sub->option("scope", a.text, "group, firm, all; account with a grant; session: one's own")
      .required();
  sub->option("id", a.number, "number of the group, firm or account");
  sub->on_use([&] {
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

void add_funds_commands(CommandLine& app, const Options& options, Action& action) {
  static FundsArguments a;
  CommandLine* sub = funds(app, "deposit", "credit an account from outside", a);
  sub->option("--reference", a.reference, "number carried into the ledger");
  sub->on_use([&] {
    action = [&](Connection& c) { return move_funds<proto::Deposit>(c, options, a); };
  });
  sub = funds(app, "withdraw", "hold an amount for a withdrawal", a);
  sub->option("--reference", a.reference, "number of the withdrawal").required();
  sub->on_use([&] {
    action = [&](Connection& c) { return move_funds<proto::WithdrawHold>(c, options, a); };
  });
  sub = app.command("withdraw-settle", "end a withdrawal");
  sub->option("reference", a.reference, "number of the withdrawal").required();
  sub->option("outcome", a.text, "paid or void").required().one_of({"paid", "void"});
  sub->on_use([&] {
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
