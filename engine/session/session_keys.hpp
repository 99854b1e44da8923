// Keys of a session's slot, derived when first needed. Core and log know key ids only.
#pragma once

#include "engine/core/core.hpp"
#include "engine/ports.hpp"
#include "engine/session/session_table.hpp"

namespace saker::engine {

class SessionKeys {
 public:
  SessionKeys(const core::Core& core, const SecretSource& secrets, bool tagged)
      : core_(core), secrets_(secrets), tagged_(tagged) {}

  /// True when the secret store has a secret for the session.
  bool known(std::uint32_t session) const { return secret_of(session) != nullptr; }

  /// Makes sure that the slot has the logon keys, and those of the session's newest connection in
  /// the present epoch; false when the secret store has nothing for the session. A connection's
  /// number is core state, so a process that was started again knows the last one's keys.
  bool ensure(std::uint32_t session, SessionSlot& slot) const {
    const std::uint64_t connection = core_.session(SessionId{session}).connection;
    if (slot.keys_epoch == core_.epoch() && slot.keys_epoch != 0 &&
        slot.keys_connection == connection) {
      return true;
    }
    const proto::Secret* secret = secret_of(session);
    if (secret == nullptr) return false;
    slot.logon_keys = proto::derive_logon_keys(*secret, tagged_);
    slot.keys = proto::derive_keys(*secret, core_.epoch(), connection,
                                   proto::Purpose::OrderEntry, tagged_);
    slot.keys_epoch = core_.epoch();
    slot.keys_connection = connection;
    return true;
  }

  /// The client-to-engine key of the session's newest connection, were it of `epoch`.
  bool old_key(std::uint32_t session, std::uint32_t epoch, proto::Key& key) const {
    const proto::Secret* secret = secret_of(session);
    if (secret == nullptr) return false;
    key = proto::derive_keys(*secret, epoch, core_.session(SessionId{session}).connection,
                             proto::Purpose::OrderEntry, tagged_)
              .to_server;
    return true;
  }

 private:
  const proto::Secret* secret_of(std::uint32_t session) const {
    return secrets_.find(core_.session(SessionId{session}).key_id);
  }

  const core::Core& core_;
  const SecretSource& secrets_;
  const bool tagged_;
};

}  // namespace saker::engine
