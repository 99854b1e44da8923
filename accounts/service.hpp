// saker-accounts as a web::Application: two roles in the database, one loop, three groups of
// routes.
#pragma once

#include "accounts/config.hpp"
#include "accounts/history/history_api.hpp"
#include "accounts/identity/identity_api.hpp"
#include "accounts/payments/payments_api.hpp"
#include "web/service.hpp"

namespace saker::accounts {

class AccountsService : public web::Application {
 public:
  explicit AccountsService(web::ServiceContext& context);
  void start() override;
  bool ready(std::string& why_not) override;
  void stop(std::function<void()> done) override;

 private:
  std::string secrets_;
  std::string lock_path_;
  AccountsConfig config_;
  Database identity_database_;
  Database payments_database_;
  Payments payments_;
  IdentityApi identity_;
  PaymentsApi payments_api_;
  HistoryApi history_api_;
  bool was_ready_ = false;
};

}  // namespace saker::accounts
