// The subcommands of saker-admin.
#pragma once

#include <functional>

#include "client/admin/connection.hpp"
#include "common/command_line.hpp"

namespace saker::client::admin {

/// What the chosen subcommand does once the connection stands; the exit code.
using Action = std::function<Exit(Connection&)>;

void add_funds_commands(CommandLine& app, const Options& options, Action& action);
void add_market_commands(CommandLine& app, const Options& options, Action& action);
void add_directory_commands(CommandLine& app, const Options& options, Action& action);
void add_questions(CommandLine& app, Action& action);

}  // namespace saker::client::admin
