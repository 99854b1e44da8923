// saker-bench wire: what happens around a run.
#include <cstdio>

#include "bench/wire_run.hpp"

namespace saker::bench {

int run_wire_benchmark(int argc, char** argv) {
  WireOptions options;
  if (const auto code = read_wire_options(argc, argv, options)) return *code;
  auto run = std::make_unique<WireRun>(options);
  auto report = std::make_unique<Report>();
  std::string error;
  const bool done = run->start(error) && run->measure(*report, error) &&
                    (options.out.empty() || write_report(*report, options.out, error));
  if (!done) {
    std::fprintf(stderr, "saker-bench wire: %s\n", error.c_str());
    return 1;
  }
  run.reset();  // what the processes still have to say comes before the report
  std::fputs((options.json ? report_json(*report) : report_table(*report)).c_str(), stdout);
  if (report->order.latency.count() == 0 || report->echo.latency.count() == 0) return 1;
  return report->refused_because.empty() || options.allow_late ? 0 : 3;
}

}  // namespace saker::bench
