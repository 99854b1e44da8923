// A worker's life, over any transport.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "bench/echo_port.hpp"
#include "bench/generator.hpp"
#include "bench/order_port.hpp"
#include "bench/worker.hpp"

namespace saker::bench {

inline bool answer(int fd, char word) { return ::write(fd, &word, 1) == 1; }

inline void fail(WorkerShared& shared, int fd, const std::string& error) {
  std::snprintf(shared.error, sizeof shared.error, "%s", error.c_str());
  answer(fd, 'E');
}

/// Answers once now, then runs the phase that lies in `shared` for each byte that comes.
template <class Port, Clock Time>
void serve(Port& port, Recorder& recorder, Time& clock, WorkerShared& shared, int fd) {
  Generator<Port, Time> generator(port, recorder, clock, shared.result);
  shared.result.clear();  // touches every page
  if (!answer(fd, 'D')) return;
  for (char word = 0; ::read(fd, &word, 1) == 1;) {
    generator.run(shared.request);
    if (!answer(fd, 'D')) return;
  }
}

/// `clock` is of the engine's kind, UTC, so that the stamps of both can be compared.
template <net::Transport Transport, Clock Time>
void work(Transport& transport, Time& clock, const WorkerSetup& setup, WorkerShared& shared,
          int fd) {
  Recorder recorder(shared.result);
  if (setup.sessions.empty()) {
    EchoPort<Transport, Time> port(transport, setup.server, recorder, clock);
    return serve(port, recorder, clock, shared, fd);
  }
  // Ids that no other run used: the engine may have been here before.
  const std::uint64_t first_id = clock.now_ns();
  OrderPort<Transport, Time> port(transport, setup.sessions, recorder, clock, first_id);
  if (!port.log_on()) return fail(shared, fd, "not all sessions could log on: none did in 20 s");
  serve(port, recorder, clock, shared, fd);
}

}  // namespace saker::bench
