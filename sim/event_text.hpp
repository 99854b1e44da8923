// Commands and events as one line of text each, for people who look for the difference.
#pragma once

#include <string>

#include "engine/core/command.hpp"
#include "engine/core/output.hpp"

namespace saker::sim {

std::string text_of(const core::Command& command);
std::string text_of(const proto::Report& report);
std::string text_of(const proto::FeedMessage& message);
std::string text_of(const proto::MarketDefinition& definition);
std::string text_of(const core::LedgerLeg& leg);

}  // namespace saker::sim
