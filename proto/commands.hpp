// Which struct belongs to which command: the one list of what a client may send.
#pragma once

#include "order_entry_generated.h"

// X(Name): struct proto::Name, table proto::NameMessage, proto::CommandKind::Name.
#define SAKER_CLIENT_COMMANDS(X)                                                            \
  X(NewOrder) X(CancelOrder) X(ReplaceOrder) X(MassCancel)                                  \
  X(AddAsset) X(AddFirm) X(AddGroup) X(AddAccount) X(AddSession)                            \
  X(AddMarket) X(SetMarketParams) X(SetMarketPhase) X(SetReferencePrice)                    \
  X(GrantAccount) X(Deposit) X(WithdrawHold) X(WithdrawSettle) X(KillSwitch)                \
  X(ProposeTransfer) X(ProposeTradeBust) X(ApproveProposal) X(RejectProposal)               \
  X(RollTradingDay) X(SetRuleVersion)

namespace saker::proto {

/// CommandKind of a command struct.
template <class Struct>
inline constexpr CommandKind kCommandKind = CommandKind::None;
#define SAKER_COMMAND_KIND(Name) \
  template <>                    \
  inline constexpr CommandKind kCommandKind<Name> = CommandKind::Name;
SAKER_CLIENT_COMMANDS(SAKER_COMMAND_KIND)
#undef SAKER_COMMAND_KIND

}  // namespace saker::proto
