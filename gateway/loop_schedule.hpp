// The schedule of the process: its loop.
#pragma once

#include <utility>

#include "gateway/schedule.hpp"
#include "web/loop.hpp"

namespace saker::gateway {

class LoopSchedule : public Schedule {
 public:
  explicit LoopSchedule(web::Loop& loop) : loop_(loop) {}
  TimeNs now_ns() override { return loop_.now_ns(); }
  void post(std::function<void()> fn) override { loop_.post(std::move(fn)); }
  void after(std::uint64_t delay_ns, std::function<void()> fn) override {
    loop_.after(delay_ns, std::move(fn));
  }

 private:
  web::Loop& loop_;
};

}  // namespace saker::gateway
