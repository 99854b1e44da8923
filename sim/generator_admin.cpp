// Money and administration.
#include "sim/command_generator.hpp"

namespace saker::sim {

using proto::CommandKind;

void CommandGenerator::make_funds() {
  constexpr std::uint32_t kFundsSessions[] = {1, 2, 3, 10};
  const std::uint32_t session = rng_.chance(config_.wrong_party_ppm)
                                    ? pick_party().session
                                    : kFundsSessions[rng_.below(std::size(kFundsSessions))];
  const std::uint32_t account = pick_account();
  const std::uint32_t asset = pick_asset();
  // Of any magnitude up to twice the first deposit: some do not fit.
  const auto most = static_cast<std::uint64_t>(config_.deposit) >> rng_.below(30);
  const auto amount = static_cast<std::int64_t>(1 + rng_.below(2 * most + 1));
  switch (rng_.below(4)) {
    case 0: {
      const bool huge = rng_.chance(config_.extreme_ppm);
      const std::int64_t deposit = huge ? std::int64_t{1} << 60 : amount / 16 + 1;
      return put(CommandKind::Deposit, session,
                 proto::Deposit(next_reference_++, deposit, account, asset));
    }
    case 1: {
      const bool again = !withdrawals_.empty() && rng_.chance(50'000);
      const std::uint64_t reference =
          again ? withdrawals_[rng_.below(withdrawals_.size())] : next_reference_++;
      return put(CommandKind::WithdrawHold, session,
                 proto::WithdrawHold(reference, amount, account, asset));
    }
    default: {
      std::uint64_t reference = rng_.below(next_reference_);
      if (!withdrawals_.empty() && !rng_.chance(20'000)) {
        const std::size_t at = rng_.below(withdrawals_.size());
        reference = withdrawals_[at];
        if (!rng_.chance(100'000)) {
          withdrawals_.erase(withdrawals_.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
      const auto outcome = rng_.chance(500'000) ? proto::WithdrawOutcome::Paid
                                                : proto::WithdrawOutcome::Void;
      return put(CommandKind::WithdrawSettle, session,
                 proto::WithdrawSettle(reference, outcome, 0, 0, 0));
    }
  }
}

void CommandGenerator::make_proposal() {
  const auto session = static_cast<std::uint32_t>(1 + rng_.below(3));
  std::uint64_t proposal = rng_.below(20);
  if (!proposals_.empty() && !rng_.chance(20'000)) {
    proposal = proposals_[rng_.below(proposals_.size())];
  }
  switch (rng_.below(8)) {
    case 0: {
      const auto most = static_cast<std::uint64_t>(config_.deposit) >> rng_.below(40);
      const auto amount = static_cast<std::int64_t>(1 + rng_.below(most + 1));
      const std::uint32_t from = pick_account();
      const std::uint32_t to = pick_account();
      return put(CommandKind::ProposeTransfer, session,
                 proto::ProposeTransfer(amount, from, to, pick_asset(), 0));
    }
    case 1: {
      const std::uint64_t back = rng_.below(std::min<std::uint64_t>(last_trade_, 300) + 1);
      return put(CommandKind::ProposeTradeBust, session,
                 proto::ProposeTradeBust(last_trade_ - back));
    }
    case 2:
      if (rng_.chance(300'000)) {
        return put(CommandKind::RejectProposal, session, proto::RejectProposal(proposal));
      }
      [[fallthrough]];
    default:
      return put(CommandKind::ApproveProposal, session, proto::ApproveProposal(proposal));
  }
}

void CommandGenerator::make_administration() {
  switch (rng_.below(config_.changes_rules ? 7 : 6)) {
    case 0: return make_new_entry();
    case 1: {
      const auto session = static_cast<std::uint32_t>(1 + rng_.below(sessions_.size()));
      const std::uint32_t account = pick_account();
      const auto rights = static_cast<proto::Rights>(rng_.below(64));
      return put(CommandKind::GrantAccount, 1,
                 proto::GrantAccount(session, account, rights));
    }
    case 2: {
      const std::int64_t day = std::int64_t{trading_day_} + rng_.between(0, 2);
      return put(CommandKind::RollTradingDay, 2,
                 proto::RollTradingDay(static_cast<std::uint32_t>(day), 0));
    }
    case 6: {
      const auto session = static_cast<std::uint32_t>(1 + rng_.below(3));
      const auto version = static_cast<std::uint32_t>(rng_.below(core::kNewestRules + 1));
      return put(CommandKind::SetRuleVersion, session, proto::SetRuleVersion(version, 0));
    }
    default: return make_market_change();
  }
}

/// The next id of some table, now and then a wrong one.
void CommandGenerator::make_new_entry() {
  const auto off = static_cast<std::uint32_t>(rng_.chance(100'000) ? 2 : 1);
  switch (rng_.below(6)) {
    case 0: {
      const auto decimals = static_cast<std::uint8_t>(rng_.below(20));
      return put(CommandKind::AddAsset, 1, proto::AddAsset(assets_ + off, decimals, 0, 0));
    }
    case 1: return put(CommandKind::AddFirm, 1, proto::AddFirm(firms_ + off));
    case 2: {
      const auto firm = static_cast<std::uint32_t>(rng_.below(firms_ + 2));
      return put(CommandKind::AddGroup, 1, proto::AddGroup(groups_ + off, firm));
    }
    case 3: {
      const auto group = static_cast<std::uint32_t>(rng_.below(groups_ + 2));
      const auto most = static_cast<std::uint32_t>(rng_.below(20));
      return put(CommandKind::AddAccount, 1, proto::AddAccount(accounts_ + off, group, most));
    }
    case 4: {
      const auto firm = static_cast<std::uint32_t>(rng_.below(firms_ + 2));
      const auto rights = static_cast<proto::Rights>(rng_.below(66));
      const auto cancels = static_cast<std::uint8_t>(rng_.below(2));
      return put(CommandKind::AddSession, 1,
                 proto::AddSession(static_cast<std::uint32_t>(sessions_.size()) + off, firm,
                                   rights, 9, cancels, 0, 0));
    }
    default: {
      proto::AddMarket market =
          market_template(static_cast<std::uint32_t>(markets_.size()) + off);
      if (rng_.chance(300'000)) market.mutate_tick_size(rng_.between(0, 9));
      if (rng_.chance(300'000)) market.mutate_price_decimals(
          static_cast<std::uint8_t>(rng_.below(20)));
      if (rng_.chance(300'000)) market.mutate_base_asset(pick_asset());
      return put(CommandKind::AddMarket, 1, market);
    }
  }
}

void CommandGenerator::make_market_change() {
  const std::uint32_t number = pick_market();
  const MarketState& market = markets_[number - 1];
  switch (rng_.below(4)) {
    case 0: {
      const auto phase = static_cast<proto::MarketPhase>(rng_.below(5));
      return put(CommandKind::SetMarketPhase, 2, proto::SetMarketPhase(number, phase, 0, 0));
    }
    case 1: {
      const std::int64_t price = rng_.chance(300'000) ? 0 : market.middle + rng_.between(-9, 9);
      return put(CommandKind::SetReferencePrice, 2, proto::SetReferencePrice(price, number, 0));
    }
    default: {
      proto::MarketParams params = market.params;
      switch (rng_.below(6)) {
        case 0: params.mutate_price_band_ppm(rng_.chance(300'000) ? 0 : 50'000); break;
        case 1: params.mutate_protection_ppm(rng_.chance(300'000) ? 0 : 5'000); break;
        case 2: params.mutate_min_quantity_lots(rng_.between(1, 4)); break;
        case 3: params.mutate_min_notional(rng_.between(0, 3'000)); break;
        case 4:
          params.mutate_taker_fee_ppm(static_cast<std::uint32_t>(rng_.below(3'000)));
          break;
        default:
          params.mutate_max_price_ticks(std::max<std::int64_t>(
              market.params.max_price_ticks(), market.middle * rng_.between(1, 4)));
          break;
      }
      return put(CommandKind::SetMarketParams, 2, proto::SetMarketParams(params, number, 0));
    }
  }
}

void CommandGenerator::make_kill_switch() {
  maybe_storm(&CommandGenerator::make_kill_switch);
  auto scope = static_cast<proto::Scope>(rng_.below(5));
  if (storm_left_ != 0 && !rng_.chance(100'000)) scope = proto::Scope::All;
  std::uint32_t id = 0;
  switch (scope) {
    case proto::Scope::Account: id = pick_account(); break;
    case proto::Scope::Group: id = static_cast<std::uint32_t>(1 + rng_.below(groups_)); break;
    case proto::Scope::Firm: id = static_cast<std::uint32_t>(1 + rng_.below(firms_)); break;
    case proto::Scope::Session:
      id = static_cast<std::uint32_t>(1 + rng_.below(sessions_.size()));
      break;
    case proto::Scope::All: break;
  }
  const std::uint8_t engaged = rng_.chance(100'000) ? 0 : 1;
  put(CommandKind::KillSwitch, static_cast<std::uint32_t>(1 + rng_.below(3)),
      proto::KillSwitch(id, scope, engaged, 0));
}

}  // namespace saker::sim
