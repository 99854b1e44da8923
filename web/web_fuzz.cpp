// The libFuzzer entry point; which fuzzer it is, the build says (SAKER_WEB_FUZZ).
#include "web/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saker::web::SAKER_WEB_FUZZ(data, size);
  return 0;
}
