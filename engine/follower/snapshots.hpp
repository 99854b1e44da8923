// The follower's snapshots: the core's state in a journal snapshot file. A new one is read back
// and decoded, and its state hash compared, before an older one is removed; two are kept. That
// takes as much memory and time as a start, so a process does it beside its work.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/core.hpp"
#include "engine/recovery.hpp"
#include "journal/snapshot_file.hpp"

namespace saker::follower {

struct LoadedSnapshot {
  std::unique_ptr<core::Core> core;
  journal::SnapshotInfo info;
};

/// Writes the core's bytes into a snapshot, and hashes them; errors stay with the writer.
template <journal::Storage S>
class SnapshotSink : public core::StateSink {
 public:
  explicit SnapshotSink(journal::SnapshotWriter<S>& writer) : writer_(writer) {}
  void write(Bytes bytes) override {
    (void)writer_.write(bytes);
    hasher_.write(bytes);
  }
  /// core.state_hash() of the state written.
  Hash128 state_hash() const { return hasher_.result(); }

 private:
  journal::SnapshotWriter<S>& writer_;
  StreamHasher hasher_;
};

template <journal::Storage S>
class SnapshotStore {
 public:
  explicit SnapshotStore(S& storage) : storage_(storage) {}

  /// Sequences of those there are, newest first.
  std::vector<Sequence> list() {
    std::vector<Sequence> sequences;
    if (journal::list_snapshots(storage_, sequences) != journal::IoStatus::ok) sequences.clear();
    return sequences;
  }

  /// Reads, decodes and compares. False: `problem` says why it is of no use.
  bool load(Sequence sequence, LoadedSnapshot& loaded, std::string& problem) {
    return load(journal::snapshot_name(sequence), loaded, problem);
  }
  bool load(const std::string& name, LoadedSnapshot& loaded, std::string& problem) {
    journal::SnapshotReader<S> reader(storage_);
    const journal::SnapshotStatus status = reader.open(name);
    if (status != journal::SnapshotStatus::ok) {
      problem = name + ": " + journal::to_string(status) + " at byte " +
                std::to_string(reader.damage_offset());
      return false;
    }
    engine::SnapshotSource<S> source(reader);
    const char* why = nullptr;
    loaded.info = reader.info();
    loaded.core = core::Core::decode(source, &why, core::TableMemory::OnUse);
    if (loaded.core == nullptr) {
      problem = name + ": " + (why != nullptr ? why : "it is not a state");
    } else if (!(loaded.core->state_hash() == loaded.info.state_hash) ||
               loaded.core->sequence() != loaded.info.sequence ||
               loaded.core->chain_head() != loaded.info.chain_head) {
      problem = name + ": its state is not the one it names";
      loaded.core.reset();
    }
    return loaded.core != nullptr;
  }

  /// Writes one; confirm() it. `info.state_hash` is filled in here. False: `problem` says why; the
  /// earlier ones are as they were.
  bool write(const core::Core& core, journal::SnapshotInfo info, std::string& problem) {
    const std::string name = journal::snapshot_name(info.sequence);
    journal::SnapshotWriter<S> writer(storage_);
    journal::IoStatus status = writer.begin();
    if (status == journal::IoStatus::ok) {
      SnapshotSink<S> sink(writer);
      core.encode(sink);
      info.state_hash = sink.state_hash();
      status = writer.commit(info, journal::kSnapshotsKept + 1);
    }
    if (status != journal::IoStatus::ok) {
      problem = name + " was not written: " + journal::to_string(status);
      return false;
    }
    return true;
  }

  /// Verifies one, and only then removes all but the newest two. False: `problem` says why; it is
  /// gone, the earlier ones are as they were.
  bool confirm(Sequence sequence, std::string& problem) {
    LoadedSnapshot loaded;
    if (!load(sequence, loaded, problem)) {
      (void)remove(sequence);
      return false;
    }
    if (journal::remove_old_snapshots(storage_) != journal::IoStatus::ok) {
      problem = "an old snapshot was not removed";
    }
    return true;
  }

  bool remove(Sequence sequence) {
    return storage_.remove(journal::snapshot_name(sequence)) == journal::IoStatus::ok &&
           storage_.sync_dir() == journal::IoStatus::ok;
  }

 private:
  S& storage_;
};

/// Does confirm() somewhere else than on the follower's thread.
class SnapshotChecker {
 public:
  virtual ~SnapshotChecker() = default;
  virtual void start(Sequence sequence) = 0;
  struct Result {
    bool done = false;
    bool sound = false;
    std::string problem;
  };
  /// Of the one that was started; done once.
  virtual Result poll() = 0;
  /// The same, however long it takes.
  virtual Result wait() = 0;
};

}  // namespace saker::follower
