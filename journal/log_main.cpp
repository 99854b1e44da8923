// The tool without knowledge of the commands: payloads are shown as hex.
#include "journal/log_tool.hpp"

int main(int argc, char** argv) {
  return saker::journal::log_tool_main(argc, argv, {}, {});
}
