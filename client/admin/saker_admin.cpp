// saker-admin: administration as sequenced commands with an actor and a reason, and questions.
#include <cstdio>

#include "client/admin/commands.hpp"

int main(int argc, char** argv) {
  using namespace saker::client::admin;
  Options options;
  Action action;
  saker::CommandLine app{
      "Administers a venue. Every change is a command in the log, with its actor (the session) and "
      "its reason.\nExit code: 0 done, 1 refused, 2 wrong usage, 3 no answer.",
      "saker-admin"};
  app.require_command();
  app.options_anywhere();
  app.option("--data", options.data, "data directory of the venue").shown();
  app.option("--host", options.host, "address of the venue").shown();
  app.option("--port-base", options.port_base, "first UDP port of the venue").shown();
  app.option("--session", options.session, "session to act as: 1, 2 and 3 are administrators")
      .shown();
  app.option("--key", options.key, "its key id (default: the session's number)");
  app.option("--timeout", options.timeout_ms, "milliseconds to wait for an answer").shown();
  app.option("--reason", options.reason, "kept with the command, at most 32 bytes").shown();
  app.flag("--json", options.json, "answers as one line of JSON");
  add_funds_commands(app, options, action);
  add_market_commands(app, options, action);
  add_directory_commands(app, options, action);
  add_questions(app, action);
  if (const auto code = app.parse(argc, argv)) return *code;
  try {
    Connection connection(options);
    return static_cast<int>(action(connection));
  } catch (const Failure& failure) {
    std::fprintf(stderr, "saker-admin: %s\n", failure.what());
    return static_cast<int>(failure.code);
  }
}
