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

  /// Makes sure that the slot has the logon keys and those of the present epoch; false when the
  /// secret store has nothing for the session.
  bool ensure(std::uint32_t session, SessionSlot& slot) const {
    if (slot.keys_epoch == core_.epoch() && slot.keys_epoch != 0) return true;
    const proto::Secret* secret = secret_of(session);
    if (secret == nullptr) return false;
    slot.logon_keys = proto::derive_keys(*secret, 0, proto::Purpose::Logon, tagged_);
    slot.keys = proto::derive_keys(*secret, core_.epoch(), proto::Purpose::OrderEntry, tagged_);
    slot.keys_epoch = core_.epoch();
    return true;
  }

  /// The client-to-engine key of an epoch that has passed.
  bool old_key(std::uint32_t session, std::uint32_t epoch, proto::Key& key) const {
    const proto::Secret* secret = secret_of(session);
    if (secret == nullptr) return false;
    key = proto::derive_keys(*secret, epoch, proto::Purpose::OrderEntry, tagged_).to_server;
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
