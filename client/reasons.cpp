#include "client/reasons.hpp"

namespace saker::client {

namespace {

using proto::Reason;

struct Row {
  Reason reason;
  ReasonText text;
};

constexpr Row kRows[] = {
    {Reason::NONE, {"Nothing is wrong.", ""}},
    {Reason::CANCEL_REQUESTED, {"The order was cancelled on request.", ""}},
    {Reason::CANCEL_IMMEDIATE_REMAINDER,
     {"The part that could not trade at once was cancelled.", ""}},
    {Reason::CANCEL_SELF_TRADE,
     {"The order met one of its own trading group; what was left of it was cancelled.",
      "Cancel or reprice the resting order first."}},
    {Reason::CANCEL_MASS, {"A mass cancel took the order out.", ""}},
    {Reason::CANCEL_DISCONNECT,
     {"The session timed out and cancels on disconnect.", "Log on and quote again."}},
    {Reason::CANCEL_KILL_SWITCH,
     {"A kill switch took the order out.", "Ask the venue to lift it."}},
    {Reason::CANCEL_REPLACED_TO_FILLED,
     {"The replacement asked for no more than was already filled.", ""}},
    {Reason::CANCEL_BUDGET_SPENT, {"The rest of the budget buys not even one lot.", ""}},
    {Reason::CANCEL_PROTECTION,
     {"The market order reached its protection limit.",
      "Send a limit order if a worse price is acceptable."}},
    {Reason::PERMISSION_DENIED,
     {"The session does not have the right that the command needs.",
      "Use a session with that right, or have it granted."}},
    {Reason::PERMISSION_ACCOUNT_NOT_GRANTED,
     {"The session may not act for this account.", "Have the account granted to the session."}},
    {Reason::PERMISSION_KILL_SWITCH,
     {"A kill switch is engaged in this scope.", "Ask the venue to lift it."}},
    {Reason::PERMISSION_NOT_LOGGED_ON, {"The session is not logged on.", "Log on again."}},
    {Reason::UNKNOWN_ACCOUNT, {"There is no such account.", "Check the number."}},
    {Reason::UNKNOWN_MARKET, {"There is no such market.", "Check the number."}},
    {Reason::UNKNOWN_ASSET, {"There is no such asset.", "Check the number."}},
    {Reason::UNKNOWN_ORDER,
     {"No open order of the account has this id.", "It may have been filled or cancelled."}},
    {Reason::UNKNOWN_FIRM, {"There is no such firm.", "Check the number."}},
    {Reason::UNKNOWN_GROUP, {"There is no such trading group.", "Check the number."}},
    {Reason::UNKNOWN_SESSION, {"There is no such session.", "Check the number."}},
    {Reason::UNKNOWN_WITHDRAWAL,
     {"No open withdrawal has this reference.", "It may have been settled already."}},
    {Reason::UNKNOWN_PROPOSAL,
     {"No open proposal has this number.", "It may have been carried out or rejected."}},
    {Reason::UNKNOWN_TRADE,
     {"The trade is not among those that can still be busted.",
      "Correct older trades with a proposed transfer."}},
    {Reason::UNKNOWN_COMMAND, {"The engine does not know this command.", "Check versions."}},
    {Reason::ORDER_PRICE_INVALID,
     {"The price is not within 1 and the market's highest price.", "Check ticks and limits."}},
    {Reason::ORDER_QUANTITY_INVALID,
     {"The quantity is outside the market's limits.", "Check lots and limits."}},
    {Reason::ORDER_NOTIONAL_INVALID,
     {"Price times quantity is outside the market's limits.", "Check the market's notionals."}},
    {Reason::ORDER_TYPE_INVALID, {"This order type is not known.", "Check the request."}},
    {Reason::ORDER_SIDE_INVALID, {"The side is neither buy nor sell.", "Check the request."}},
    {Reason::ORDER_TIME_IN_FORCE_INVALID,
     {"This time in force does not go with this order.",
      "Market orders are immediate-or-cancel."}},
    {Reason::ORDER_BUDGET_INVALID,
     {"A budget is for market buys without a price.", "Leave one of the two out."}},
    {Reason::ORDER_DUPLICATE_CLIENT_ID,
     {"The account has used this client order id before.", "Ask for that order's status."}},
    {Reason::ORDER_STP_INVALID,
     {"This self-trade prevention is not known.", "Check the request."}},
    {Reason::MARKET_NOT_OPEN,
     {"The market does not take orders in its present phase.", "Wait until it opens."}},
    {Reason::MARKET_NO_LIQUIDITY,
     {"There is nothing to trade with on the other side.", "Send a limit order."}},
    {Reason::RISK_INSUFFICIENT_BALANCE,
     {"The account does not have enough available, fees included.",
      "Deposit, cancel other orders or ask for less."}},
    {Reason::RISK_PRICE_BAND,
     {"The price is too far from the last trade.", "Stay within the market's band."}},
    {Reason::RISK_OPEN_ORDERS,
     {"The account has as many open orders as it may.", "Cancel some."}},
    {Reason::CAPACITY_ORDERS, {"The engine has no room for more orders.", "Try later."}},
    {Reason::CAPACITY_PRICE_LEVELS,
     {"The engine has no room for more price levels.", "Use a price that exists, or try later."}},
    {Reason::CAPACITY_JOBS, {"Too many long jobs are running.", "Try again in a moment."}},
    {Reason::CAPACITY_TABLE,
     {"The table for these is full; sizes are fixed by genesis.", "Plan a larger genesis."}},
    {Reason::CAPACITY_JOB_IN_PROGRESS,
     {"The session's previous mass cancel is still running.", "Wait for its end."}},
    {Reason::BUSY_OUTPUT_FULL, {"The engine's outputs are full.", "Try again in a moment."}},
    {Reason::BUSY_LOG_FULL, {"The engine's log writer is behind.", "Try again in a moment."}},
    {Reason::BUSY_DISK_FULL,
     {"The engine's disk is full; only cancels are taken.", "Free space, then try again."}},
    {Reason::BUSY_RATE, {"The session sends faster than it may.", "Slow down."}},
    {Reason::BUSY_WINDOW_EXCEEDED,
     {"Too many commands are without a decision.", "Wait for decisions."}},
    {Reason::SKIPPED_NEVER_APPLIED,
     {"The command never reached the engine and never will.", "Send it anew if still wanted."}},
    {Reason::OUTCOME_EXPIRED,
     {"The engine no longer remembers what became of the command.",
      "Ask for the order's status by client order id."}},
    {Reason::ADMIN_VALUE_INVALID, {"A value is out of its range.", "Check the request."}},
    {Reason::ADMIN_ID_NOT_NEXT,
     {"Ids are given out in order; this is not the next one.", "Use the next free number."}},
    {Reason::ADMIN_ALREADY_EXISTS, {"It exists already.", ""}},
    {Reason::ADMIN_TICK_LOT_NOT_WHOLE,
     {"One lot at one tick is not a whole number of minor units.",
      "Choose a larger tick or lot."}},
    {Reason::ADMIN_REFERENCE_IN_USE,
     {"The reference is missing or belongs to an open withdrawal.", "Choose another."}},
    {Reason::ADMIN_OVERFLOW, {"The amount would exceed what can be counted.", "Use less."}},
    {Reason::ADMIN_ALREADY_APPROVED,
     {"This session has approved the proposal already.", "Another approver must follow."}},
    {Reason::ADMIN_OWN_PROPOSAL,
     {"Nobody approves their own proposal.", "Use another approver's session."}},
    {Reason::ADMIN_ALREADY_BUSTED, {"The trade was busted before.", ""}},
    {Reason::ADMIN_NOT_EMPTY,
     {"This cannot change while orders rest in the book.", "Cancel them first."}},
    {Reason::LOGON_VERSION_UNSUPPORTED,
     {"Client and engine have no protocol version in common.", "Update the older one."}},
    {Reason::LOGON_BAD_CONFIRM,
     {"The answer to the challenge was wrong or late.", "Log on again."}},
    {Reason::LOGON_DISABLED, {"The session is unknown or disabled.", "Ask the venue."}},
};

const Row* find(Reason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return &row;
  }
  return nullptr;
}

}  // namespace

const char* reason_word(Reason reason) {
  return find(reason) != nullptr ? proto::EnumNameReason(reason) : "UNKNOWN";
}

ReasonText explain(Reason reason) {
  const Row* row = find(reason);
  return row != nullptr ? row->text
                        : ReasonText{"A reason that this version does not know.", "Update."};
}

}  // namespace saker::client
