// saker-engine-dpdk: matches orders straight from a network card's receive ring.
#include "engine/dpdk_host.hpp"

int main(int argc, char** argv) {
  return saker::engine::engine_main<saker::engine::DpdkHost>(argc, argv);
}
