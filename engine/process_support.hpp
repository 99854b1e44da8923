// What the engine's processes need beside the engine: files, locks, memory, words for the
// operator. Nothing here runs once trading has begun.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "common/bytes.hpp"
#include "common/placement.hpp"
#include "journal/posix_storage.hpp"

namespace saker::engine {

struct ProcessOptions {
  std::string config = "engine/engine.toml";
  std::string data = ".saker";
  std::uint16_t port_base = 3000;
  int ready_fd = -1;
};

/// Why the process cannot start or go on; the text is what the operator reads.
struct StartError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What say() begins every line with.
void set_program_name(const char* name);
const char* program_name();
[[gnu::format(printf, 1, 2)]] void say(const char* format, ...);

/// Parses; an exit code when the process should end already.
bool parse_options(int argc, char** argv, ProcessOptions& options, int& exit_code);
/// Before any thread is made: all of them leave SIGTERM and SIGINT to the one that waits for them.
void block_stop_signals();
/// Waits for one of them, at most `timeout_ns`; true when one came.
bool wait_for_stop_signal(std::uint64_t timeout_ns);

std::uint64_t hash_of_file(const std::string& path);
/// Throws StartError.
void fill_random(std::span<std::byte> bytes);
/// Makes DATA and what belongs below it, and takes its lock, which the process keeps. Two engines
/// on one data directory would each believe that the log is theirs. Throws StartError.
void take_data_directory(const std::string& data);
/// Throws StartError.
void open_storage(journal::PosixStorage& storage, const std::string& path);
/// Has `saker restore` put this log here, since the last start? Then what clients were told after
/// the backup is not in it, and a new epoch has to begin.
bool log_is_restored(const std::string& data);
/// The new epoch is durable: the next start is an ordinary one. Says so.
void restored_log_goes_on(const std::string& data, std::uint32_t epoch);
void write_ready(int fd);

/// Names and pins the calling thread; says when the host refuses.
void place(const PlacedThread& thread);
/// Prints the plan. Throws StartError when it is bad, unless `forced`.
void check_plan(const PlacementReport& report, bool forced);
/// No page of the process leaves memory from now on, and those to come are there at once; says
/// when the host refuses.
void lock_memory();
/// Touches the part of the calling thread's stack that it may need, so that no page is faulted in
/// later.
void touch_stack();

}  // namespace saker::engine
