// saker-bench: figures beside the limit they are to be read against.
#include <cstdio>
#include <cstring>

namespace saker::bench {

int run_core_benchmarks(int argc, char** argv);
int run_wire_benchmark(int argc, char** argv);
int run_echo(int argc, char** argv);
int run_log_benchmarks(int argc, char** argv);

namespace {

constexpr const char* kHelp =
    "Usage: saker-bench core [--benchmark_filter=NAME] [--benchmark_min_time=S]\n"
    "       saker-bench wire [--transport T] [--rate N] [--sessions N] [--out DIR] ...\n"
    "       saker-bench echo serve|ping [--transport T] ...\n"
    "       saker-bench log disk|light|load|replay|restart|snapshot [--dir DIR] ...\n"
    "\n"
    "  core  the matching core alone on four recorded command streams, beside the yardsticks\n"
    "        pointer chase and dispatch only; nanoseconds of CPU time per command\n"
    "  wire  order to acknowledgement through a real engine process at a given rate, beside the\n"
    "        raw echo of the same transport in the same run; saker-bench wire --help\n"
    "  echo  that raw echo alone, either end of it; saker-bench echo --help\n"
    "  log   the command log on a real disk: what each way of writing costs, order to release\n"
    "        beside a raw write of the same bytes, replay beside live matching, restart, and\n"
    "        what snapshots do to the hot thread; saker-bench log --help\n";

}  // namespace

}  // namespace saker::bench

int main(int argc, char** argv) {
  if (argc >= 2 && std::strcmp(argv[1], "core") == 0) {
    return saker::bench::run_core_benchmarks(argc - 1, argv + 1);
  }
  if (argc >= 2 && std::strcmp(argv[1], "wire") == 0) {
    return saker::bench::run_wire_benchmark(argc - 1, argv + 1);
  }
  if (argc >= 2 && std::strcmp(argv[1], "echo") == 0) {
    return saker::bench::run_echo(argc - 1, argv + 1);
  }
  if (argc >= 2 && std::strcmp(argv[1], "log") == 0) {
    return saker::bench::run_log_benchmarks(argc - 1, argv + 1);
  }
  const bool asked = argc >= 2 && (std::strcmp(argv[1], "--help") == 0 ||
                                   std::strcmp(argv[1], "-h") == 0);
  std::fputs(saker::bench::kHelp, asked ? stdout : stderr);
  return asked ? 0 : 2;
}
