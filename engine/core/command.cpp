#include "engine/core/command.hpp"

namespace saker::core {

using proto::CommandKind;

std::size_t body_size(CommandKind kind) {
  switch (kind) {
    case CommandKind::None: return 0;
    case CommandKind::NewOrder: return sizeof(proto::NewOrder);
    case CommandKind::CancelOrder: return sizeof(proto::CancelOrder);
    case CommandKind::ReplaceOrder: return sizeof(proto::ReplaceOrder);
    case CommandKind::MassCancel: return sizeof(proto::MassCancel);
    case CommandKind::SessionLogon: return sizeof(proto::SessionLogon);
    case CommandKind::SessionLogoff: return sizeof(proto::SessionLogoff);
    case CommandKind::SessionTimedOut: return sizeof(proto::SessionTimedOut);
    case CommandKind::AddAsset: return sizeof(proto::AddAsset);
    case CommandKind::AddFirm: return sizeof(proto::AddFirm);
    case CommandKind::AddGroup: return sizeof(proto::AddGroup);
    case CommandKind::AddAccount: return sizeof(proto::AddAccount);
    case CommandKind::AddSession: return sizeof(proto::AddSession);
    case CommandKind::AddMarket: return sizeof(proto::AddMarket);
    case CommandKind::SetMarketParams: return sizeof(proto::SetMarketParams);
    case CommandKind::SetMarketPhase: return sizeof(proto::SetMarketPhase);
    case CommandKind::SetReferencePrice: return sizeof(proto::SetReferencePrice);
    case CommandKind::GrantAccount: return sizeof(proto::GrantAccount);
    case CommandKind::Deposit: return sizeof(proto::Deposit);
    case CommandKind::WithdrawHold: return sizeof(proto::WithdrawHold);
    case CommandKind::WithdrawSettle: return sizeof(proto::WithdrawSettle);
    case CommandKind::KillSwitch: return sizeof(proto::KillSwitch);
    case CommandKind::ProposeTransfer: return sizeof(proto::ProposeTransfer);
    case CommandKind::ProposeTradeBust: return sizeof(proto::ProposeTradeBust);
    case CommandKind::ApproveProposal: return sizeof(proto::ApproveProposal);
    case CommandKind::RejectProposal: return sizeof(proto::RejectProposal);
    case CommandKind::RollTradingDay: return sizeof(proto::RollTradingDay);
    case CommandKind::SetRuleVersion: return sizeof(proto::SetRuleVersion);
    case CommandKind::Genesis: return sizeof(proto::Genesis);
    case CommandKind::EpochStart: return sizeof(proto::EpochStart);
    case CommandKind::AdvanceClock: return sizeof(proto::AdvanceClock);
    case CommandKind::Continue: return sizeof(proto::Continue);
    case CommandKind::StateMarker: return sizeof(proto::StateMarker);
    case CommandKind::ActivateRules: return sizeof(proto::ActivateRules);
  }
  return 0;
}

bool is_client_command(CommandKind kind) {
  const bool trading = kind >= CommandKind::NewOrder && kind <= CommandKind::MassCancel;
  const bool admin = kind >= CommandKind::AddAsset && kind <= CommandKind::SetRuleVersion;
  return trading || admin;
}

bool uses_reserved_room(CommandKind kind) {
  return kind != CommandKind::NewOrder && kind != CommandKind::ReplaceOrder;
}

}  // namespace saker::core
