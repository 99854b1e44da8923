// Answers as tables for people or as one line of JSON.
#pragma once

#include "client/admin/connection.hpp"

namespace saker::client::admin {

/// What became of a command. Returns the exit code.
Exit print_outcome(const Options& options, const Outcome& outcome);

/// Symbols and decimals of what the markets name.
class Names {
 public:
  explicit Names(const std::vector<proto::MarketDefinition>& markets) : markets_(markets) {}

  /// A market by number or symbol; throws a Failure when there is none.
  const proto::MarketDefinition& market(const std::string& text) const;
  const proto::MarketDefinition* market(std::uint32_t id) const;
  struct Asset {
    std::uint32_t id = 0;
    std::string symbol;        // or the number
    int decimals = -1;         // -1: no market names it
  };
  /// An asset by symbol or number.
  Asset asset(const std::string& text) const;
  Asset asset(std::uint32_t id) const;

 private:
  const std::vector<proto::MarketDefinition>& markets_;
};

/// Minor units as decimal text; plainly the number when the decimals are not known.
std::string amount_text(std::int64_t minor, const Names::Asset& asset);
/// Decimal text to minor units; `minor` takes the number as it is. Throws a Failure.
std::int64_t read_amount(const std::string& text, const Names::Asset& asset, bool minor);

void print_balances(Connection& connection, std::uint32_t account);
void print_orders(Connection& connection, const std::vector<proto::OpenOrder>& orders);
void print_markets(Connection& connection);
void print_book(Connection& connection, const std::string& market, std::size_t depth);
void print_reports(Connection& connection, const std::vector<proto::Report>& reports);

}  // namespace saker::client::admin
