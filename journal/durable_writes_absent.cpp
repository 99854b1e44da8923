#include "journal/durable_writes.hpp"

namespace saker::journal {

std::unique_ptr<DurableWrites> DurableWrites::create(std::string& why) {
  why = "built without liburing";
  return nullptr;
}

}  // namespace saker::journal
