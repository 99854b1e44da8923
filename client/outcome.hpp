// How a command ended, and the functions of a program that wants to know.
#pragma once

#include "common/types.hpp"
#include "order_entry_generated.h"

namespace saker::client {

enum class Result : std::uint8_t {
  kAccepted,      // applied
  kRejected,      // applied, with a reject as its effect
  kNotSequenced,  // refused for want of room or rate: not in the log, may be sent anew
  kNeverApplied,  // skipped: did not arrive in time and never will be applied
  kUnresolved,    // so long ago that neither engine nor follower can tell
};

/// Comes exactly once for each command that was sent.
struct Outcome {
  std::uint64_t client_sequence = 0;
  proto::CommandKind command = proto::CommandKind::None;
  Result result = Result::kAccepted;
  proto::Reason reason = proto::Reason::NONE;
  proto::ReportKind report_kind = proto::ReportKind::None;  // of the decision
  std::uint64_t client_order_id = 0;  // as sent
  std::uint64_t order_id = 0;         // when the engine named one
  Sequence engine_sequence = 0;       // log sequence; 0 when not known
  std::uint32_t retry_after_us = 0;   // kNotSequenced
  std::uint64_t round_trip_ns = 0;    // since it was first sent
};

/// Base of a handler: does nothing. A program derives from it and declares the functions it
/// wants; calls are resolved at compile time. Reports come in order and exactly once; the outcome
/// of a command may come before earlier reports that are still missing.
struct OrderEntryHandler {
  void on_logged_on(const proto::LogonAccepted&) {}
  void on_logon_refused(proto::Reason) {}
  /// The engine is silent or has restarted; logging on again is under way.
  void on_connection_lost() {}
  /// What the engine had told may be gone, as after a crash under the memory policy: ask for open
  /// orders and balances anew. Comes after on_logged_on(). `before` is 0 at the first logon.
  void on_epoch_changed(std::uint32_t /*before*/, std::uint32_t /*now*/) {}
  /// Reports [from, to) are too old to be had: ask for open orders and balances anew.
  void on_reports_lost(std::uint64_t /*from*/, std::uint64_t /*to*/) {}

  void on_outcome(const Outcome&) {}

  /// Every report, before the function of its kind.
  void on_report(const proto::Report&) {}
  void on_order_accepted(const proto::Report&) {}
  void on_order_rejected(const proto::Report&) {}
  void on_order_filled(const proto::Report&) {}
  void on_order_cancelled(const proto::Report&) {}
  void on_order_replaced(const proto::Report&) {}
  void on_cancel_rejected(const proto::Report&) {}
  void on_replace_rejected(const proto::Report&) {}
  void on_mass_cancel_accepted(const proto::Report&) {}
  void on_mass_cancel_rejected(const proto::Report&) {}
  void on_mass_cancel_done(const proto::Report&) {}
  void on_admin_accepted(const proto::Report&) {}
  void on_admin_rejected(const proto::Report&) {}
  void on_funds_changed(const proto::Report&) {}
  void on_trade_busted(const proto::Report&) {}
};

/// Calls the handler's function for the report's kind.
template <class Handler>
void dispatch_report(Handler& handler, const proto::Report& report) {
  using proto::ReportKind;
  handler.on_report(report);
  switch (report.kind()) {
    case ReportKind::None: return;
    case ReportKind::OrderAccepted: return handler.on_order_accepted(report);
    case ReportKind::OrderRejected: return handler.on_order_rejected(report);
    case ReportKind::OrderFilled: return handler.on_order_filled(report);
    case ReportKind::OrderCancelled: return handler.on_order_cancelled(report);
    case ReportKind::OrderReplaced: return handler.on_order_replaced(report);
    case ReportKind::CancelRejected: return handler.on_cancel_rejected(report);
    case ReportKind::ReplaceRejected: return handler.on_replace_rejected(report);
    case ReportKind::MassCancelAccepted: return handler.on_mass_cancel_accepted(report);
    case ReportKind::MassCancelRejected: return handler.on_mass_cancel_rejected(report);
    case ReportKind::MassCancelDone: return handler.on_mass_cancel_done(report);
    case ReportKind::AdminAccepted: return handler.on_admin_accepted(report);
    case ReportKind::AdminRejected: return handler.on_admin_rejected(report);
    case ReportKind::FundsChanged: return handler.on_funds_changed(report);
    case ReportKind::TradeBusted: return handler.on_trade_busted(report);
  }
}

/// True for the kinds that say no.
constexpr bool is_reject(proto::ReportKind kind) {
  using proto::ReportKind;
  return kind == ReportKind::OrderRejected || kind == ReportKind::CancelRejected ||
         kind == ReportKind::ReplaceRejected || kind == ReportKind::MassCancelRejected ||
         kind == ReportKind::AdminRejected;
}

/// True when a report of this kind is the first one of such a command, its decision. A command's
/// fills and its own later cancel carry the same client sequence number but are not.
constexpr bool is_decision(proto::CommandKind command, proto::ReportKind report,
                           proto::Reason reason) {
  using proto::CommandKind;
  using proto::ReportKind;
  switch (command) {
    case CommandKind::NewOrder:
      return report == ReportKind::OrderAccepted || report == ReportKind::OrderRejected;
    case CommandKind::CancelOrder:
      return report == ReportKind::OrderCancelled || report == ReportKind::CancelRejected;
    case CommandKind::ReplaceOrder:
      return report == ReportKind::OrderReplaced || report == ReportKind::ReplaceRejected ||
             (report == ReportKind::OrderCancelled &&
              reason == proto::Reason::CANCEL_REPLACED_TO_FILLED);
    case CommandKind::MassCancel:
      return report == ReportKind::MassCancelAccepted || report == ReportKind::MassCancelRejected;
    default:
      return report == ReportKind::AdminAccepted || report == ReportKind::AdminRejected;
  }
}

}  // namespace saker::client
