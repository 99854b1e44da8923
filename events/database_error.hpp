#pragma once

#include <stdexcept>

namespace saker::events {

/// What the server or the connection said. After it the transaction is lost; whether a COMMIT
/// that failed so was carried out is unknown.
struct DatabaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace saker::events
