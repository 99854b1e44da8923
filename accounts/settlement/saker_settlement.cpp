// saker-settlement: the event journal into the ledger.
#include "accounts/settlement/settlement.hpp"

int main(int argc, char** argv) {
  return saker::web::service_main<saker::accounts::Settlement>(
      argc, argv,
      {"settlement", "Brings the event journal into the ledger, and compares it with the engine.",
       5, "accounts/settlement/settlement.toml"});
}
