// Waits until settlement has written the ledger up to a sequence. All who wait share one question
// to the database; when nobody waits there is none.
#pragma once

#include <functional>
#include <list>

#include "accounts/database/database.hpp"
#include "common/types.hpp"

namespace saker::accounts {

class CursorWatch {
 public:
  CursorWatch(web::Loop& loop, Database& database)
      : loop_(loop), database_(database), timer_(loop) {}

  /// Calls `done` on the loop, never within this call: with true when the ledger has reached
  /// `sequence`, with false when it has not after `patience_ms`.
  void wait(Sequence sequence, std::int64_t patience_ms, std::function<void(bool reached)> done);
  /// As last seen.
  Sequence cursor() const { return cursor_; }

 private:
  struct Waiter {
    Sequence sequence;
    TimeNs give_up_ns;
    std::function<void(bool)> done;
  };
  void ask();
  void look();

  web::Loop& loop_;
  Database& database_;
  web::Timer timer_;
  Sequence cursor_ = 0;
  bool asking_ = false;
  std::list<Waiter> waiters_;
};

}  // namespace saker::accounts
