// The subcommands of saker-admin.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "client/admin/connection.hpp"

namespace saker::client::admin {

/// What the chosen subcommand does once the connection stands; the exit code.
using Action = std::function<Exit(Connection&)>;

void add_funds_commands(CLI::App& app, const Options& options, Action& action);
void add_market_commands(CLI::App& app, const Options& options, Action& action);
void add_directory_commands(CLI::App& app, const Options& options, Action& action);
void add_questions(CLI::App& app, Action& action);

}  // namespace saker::client::admin
