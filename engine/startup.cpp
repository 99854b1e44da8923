#include "engine/startup.hpp"

#include <map>

namespace saker::engine {

namespace {

/// Runs commands through a core that nobody else sees.
class Scratch {
 public:
  explicit Scratch(core::Core& core) : core_(core) {}

  void apply(proto::CommandKind kind, Bytes body) {
    CommandBody aligned;
    std::memcpy(aligned.bytes.data(), body.data(), body.size());
    core::Command command;
    command.sequence = core_.sequence() + 1;
    command.time_ns = 1;
    command.kind = kind;
    command.body = {aligned.bytes.data(), body.size()};
    core_.apply(command, out_);
  }
  const core::Output& out() const { return out_; }

 private:
  core::Core& core_;
  core::Output out_;
};

/// Has the command done what it is for? (Creations are looked for in the state afterwards.)
bool has_effect(const VenueCommand& command, const core::Output& out, const core::Core& core) {
  switch (command.kind) {
    case proto::CommandKind::Deposit: return !out.legs.empty();
    case proto::CommandKind::SetMarketPhase: return !out.feed.empty();
    case proto::CommandKind::GrantAccount: {
      const auto& grant = *reinterpret_cast<const proto::GrantAccount*>(command.body.data());
      return core.may_view(SessionId{grant.session()}, AccountId{grant.account()});
    }
    default: return true;
  }
}

}  // namespace

std::vector<std::string> check_venue(const Venue& venue) {
  std::vector<std::string> problems;
  const char* why = nullptr;
  const std::unique_ptr<core::Core> core =
      core::Core::create(venue.genesis, &why, core::TableMemory::OnUse);
  if (core == nullptr) return {why};
  Scratch scratch(*core);
  scratch.apply(proto::CommandKind::Genesis, bytes_of(venue.genesis));
  for (const VenueCommand& command : venue.commands) {
    scratch.apply(command.kind, command.body);
    if (!has_effect(command, scratch.out(), *core)) {
      problems.push_back(command.what + ": not accepted");
    }
  }
  for (std::string& line : venue_differences(venue, *core)) {
    problems.push_back(std::move(line));
  }
  return problems;
}

}  // namespace saker::engine
