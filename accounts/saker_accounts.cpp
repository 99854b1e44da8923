// saker-accounts: who the customers are and what they bring and take.
#include "accounts/service.hpp"

int main(int argc, char** argv) {
  return saker::web::service_main<saker::accounts::AccountsService>(
      argc, argv,
      {"accounts", "Signing in, deposits and withdrawals, history of orders and trades.", 3, ""});
}
