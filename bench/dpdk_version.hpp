// The DPDK that this program was built with.
#pragma once

#include <string>

namespace saker::bench {

/// "DPDK 22.11.11", or that there is none.
std::string dpdk_version();

}  // namespace saker::bench
