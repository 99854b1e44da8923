#include "sim/event_text.hpp"

#include <fmt/format.h>

namespace saker::sim {

using proto::CommandKind;

namespace {

std::string order_text(const proto::NewOrder& c) {
  return fmt::format("account {} market {} {} {} {} at {} tif {} budget {} client id {} stp {}",
                     c.account(), c.market(), proto::EnumNameSide(c.side()), c.quantity_lots(),
                     proto::EnumNameOrderType(c.type()), c.price_ticks(),
                     static_cast<int>(c.time_in_force()), c.quote_budget(), c.client_order_id(),
                     static_cast<int>(c.self_trade_prevention()));
}

std::string params_text(const proto::MarketParams& p) {
  return fmt::format("lots {}..{} notional {}..{} max price {} band {} protection {} fees {} {}",
                     p.min_quantity_lots(), p.max_quantity_lots(), p.min_notional(),
                     p.max_notional(), p.max_price_ticks(), p.price_band_ppm(),
                     p.protection_ppm(), p.maker_fee_ppm(), p.taker_fee_ppm());
}

template <class T>
std::string funds_text(const T& c) {
  return fmt::format("reference {} amount {} account {} asset {}", c.reference(), c.amount(),
                     c.account(), c.asset());
}

std::string trading_text(const core::Command& command) {
  switch (command.kind) {
    case CommandKind::NewOrder: return order_text(command.as<proto::NewOrder>());
    case CommandKind::CancelOrder: {
      const auto& c = command.as<proto::CancelOrder>();
      return fmt::format("account {} order {:x} client id {}", c.account(), c.order_id(),
                         c.client_order_id());
    }
    case CommandKind::ReplaceOrder: {
      const auto& c = command.as<proto::ReplaceOrder>();
      return fmt::format("account {} order {:x} client id {} new id {} {} at {}", c.account(),
                         c.order_id(), c.client_order_id(), c.new_client_order_id(),
                         c.quantity_lots(), c.price_ticks());
    }
    case CommandKind::MassCancel: {
      const auto& c = command.as<proto::MassCancel>();
      return fmt::format("reference {} scope {} id {} market {} side {}", c.client_reference(),
                         static_cast<int>(c.scope()), c.scope_id(), c.market(), c.side());
    }
    case CommandKind::KillSwitch: {
      const auto& c = command.as<proto::KillSwitch>();
      return fmt::format("scope {} id {} engaged {}", static_cast<int>(c.scope()), c.scope_id(),
                         c.engaged());
    }
    case CommandKind::SessionLogon:
      return fmt::format("session {}", command.as<proto::SessionLogon>().session());
    case CommandKind::SessionLogoff:
    case CommandKind::SessionTimedOut:
      return fmt::format("session {}", command.as<proto::SessionLogoff>().session());
    default: return "";
  }
}

std::string admin_text(const core::Command& command) {
  switch (command.kind) {
    case CommandKind::Deposit: return funds_text(command.as<proto::Deposit>());
    case CommandKind::WithdrawHold: return funds_text(command.as<proto::WithdrawHold>());
    case CommandKind::WithdrawSettle: {
      const auto& c = command.as<proto::WithdrawSettle>();
      return fmt::format("reference {} outcome {}", c.reference(), static_cast<int>(c.outcome()));
    }
    case CommandKind::ProposeTransfer: {
      const auto& c = command.as<proto::ProposeTransfer>();
      return fmt::format("amount {} from {} to {} asset {}", c.amount(), c.from_account(),
                         c.to_account(), c.asset());
    }
    case CommandKind::ProposeTradeBust:
      return fmt::format("trade {}", command.as<proto::ProposeTradeBust>().trade_id());
    case CommandKind::ApproveProposal:
    case CommandKind::RejectProposal:
      return fmt::format("proposal {}", command.as<proto::ApproveProposal>().proposal());
    case CommandKind::AddMarket: {
      const auto& c = command.as<proto::AddMarket>();
      return fmt::format("market {} base {} quote {} tick {} lot {} decimals {} reference {} "
                         "fee account {} {}",
                         c.market(), c.base_asset(), c.quote_asset(), c.tick_size(), c.lot_size(),
                         c.price_decimals(), c.reference_price_ticks(), c.fee_account(),
                         params_text(c.params()));
    }
    case CommandKind::SetMarketParams: {
      const auto& c = command.as<proto::SetMarketParams>();
      return fmt::format("market {} {}", c.market(), params_text(c.params()));
    }
    case CommandKind::SetMarketPhase: {
      const auto& c = command.as<proto::SetMarketPhase>();
      return fmt::format("market {} phase {}", c.market(), static_cast<int>(c.phase()));
    }
    case CommandKind::SetReferencePrice: {
      const auto& c = command.as<proto::SetReferencePrice>();
      return fmt::format("market {} price {}", c.market(), c.price_ticks());
    }
    case CommandKind::GrantAccount: {
      const auto& c = command.as<proto::GrantAccount>();
      return fmt::format("session {} account {} rights {}", c.session(), c.account(),
                         static_cast<std::uint32_t>(c.rights()));
    }
    default: return "";
  }
}

}  // namespace

std::string text_of(const core::Command& command) {
  const bool trading = command.kind < CommandKind::AddAsset ||
                       command.kind == CommandKind::KillSwitch;
  return fmt::format("#{} {} session {} ({}) {}", command.sequence,
                     proto::EnumNameCommandKind(command.kind), command.envelope.session,
                     command.envelope.client_sequence,
                     trading ? trading_text(command) : admin_text(command));
}

std::string text_of(const proto::Report& r) {
  return fmt::format(
      "{} {} session {}/{} account {}/{} client seq {} client id {} order {:x} trade {} market {} "
      "side {} price {} quantity {} leaves {} cumulative {} amount {} liquidity {} engine {} "
      "received {}/{} at {}",
      proto::EnumNameReportKind(r.kind()), proto::EnumNameReason(r.reason()), r.session(),
      r.report_sequence(), r.account(), r.account_sequence(), r.client_sequence(),
      r.client_order_id(), r.order_id(), r.trade_id(), r.market(), static_cast<int>(r.side()),
      r.price_ticks(), r.quantity_lots(), r.leaves_lots(), r.cumulative_lots(), r.amount_minor(),
      static_cast<int>(r.liquidity()), r.engine_sequence(), r.received_ns(),
      static_cast<int>(r.received_source()), r.sequenced_ns());
}

std::string text_of(const proto::FeedMessage& m) {
  return fmt::format("{} market {} order {} trade {} side {} price {} quantity {} leaves {} "
                     "value {} at {}",
                     proto::EnumNameFeedKind(m.kind()), m.market(), m.feed_order_id(),
                     m.trade_id(), static_cast<int>(m.side()), m.price_ticks(),
                     m.quantity_lots(), m.leaves_lots(), m.value(), m.engine_time_ns());
}

std::string text_of(const proto::MarketDefinition& d) {
  return fmt::format("market {} version {} tick {} lot {} value {} lots {}..{} notional {}..{} "
                     "max price {} base {} quote {} fees {} {} phase {}",
                     d.market(), d.version(), d.tick_size(), d.lot_size(), d.tick_value(),
                     d.min_quantity_lots(), d.max_quantity_lots(), d.min_notional(),
                     d.max_notional(), d.max_price_ticks(), d.base_asset(), d.quote_asset(),
                     d.maker_fee_ppm(), d.taker_fee_ppm(), static_cast<int>(d.phase()));
}

std::string text_of(const core::LedgerLeg& leg) {
  return fmt::format("reason {} account {} asset {} amount {} balance {} market {} reference {}",
                     static_cast<int>(leg.reason), leg.account, leg.asset, leg.amount,
                     leg.balance, leg.market, leg.reference);
}

}  // namespace saker::sim
