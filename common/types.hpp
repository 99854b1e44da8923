// The vocabulary of the whole project: strong integer types with their units.
// Ids are enums (no arithmetic by accident); prices and quantities are numbers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace saker {

/// UTC nanoseconds since 1970-01-01.
using TimeNs = std::uint64_t;

/// Amount of an asset in its minor units (cents, satoshi). Signed: ledger legs go both ways.
using Minor = std::int64_t;

/// 128-bit products of prices, quantities and rates.
__extension__ using Int128 = __int128;

/// Position in the command log of a shard; 1 is the genesis record, 0 means "none".
using Sequence = std::uint64_t;

enum class ShardId : std::uint16_t {};
enum class AssetId : std::uint32_t {};
enum class MarketId : std::uint32_t {};
enum class FirmId : std::uint32_t {};
enum class GroupId : std::uint32_t {};
enum class AccountId : std::uint32_t {};
enum class SessionId : std::uint32_t {};
/// Engine-issued: slot in the low 32 bits, generation in the high ones. 0 means "none".
enum class OrderId : std::uint64_t {};

/// The number behind an id or another enum.
template <class Enum>
constexpr std::underlying_type_t<Enum> raw(Enum id) {
  return static_cast<std::underlying_type_t<Enum>>(id);
}

/// An integer that only mixes with its own kind.
template <class Tag>
struct Number {
  std::int64_t value = 0;

  constexpr Number() = default;
  constexpr explicit Number(std::int64_t v) : value(v) {}
  constexpr auto operator<=>(const Number&) const = default;
  constexpr Number& operator+=(Number o) { value += o.value; return *this; }
  constexpr Number& operator-=(Number o) { value -= o.value; return *this; }
  friend constexpr Number operator+(Number a, Number b) { return Number(a.value + b.value); }
  friend constexpr Number operator-(Number a, Number b) { return Number(a.value - b.value); }
};

/// Price in ticks of its market.
using Price = Number<struct PriceTag>;
/// Quantity in lots of its market.
using Quantity = Number<struct QuantityTag>;

inline constexpr std::size_t kCacheLine = 64;

}  // namespace saker
