// show_counters FILE: a process's counters that are not zero, "NAME VALUE" a line.
#include <cstdio>

#include "common/counters.hpp"

int main(int argc, char** argv) {
  std::string error = "usage: show_counters FILE";
  const auto reader = argc == 2 ? saker::CounterReader::open(argv[1], error) : nullptr;
  if (reader == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  for (std::size_t i = 0; i < reader->counters().size(); ++i) {
    if (reader->value(i) == 0) continue;
    std::printf("%s %lu\n", reader->counters()[i].name.c_str(), reader->value(i));
  }
  return 0;
}
