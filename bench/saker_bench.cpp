namespace saker::bench { int run_core_benchmarks(int, char**); }
int main(int argc, char** argv) { return saker::bench::run_core_benchmarks(argc, argv); }
