// What the engine does with its log before anything else at start: find the end, cut a torn
// tail, make everything that is kept durable, and only then let the caller act on it.
#pragma once

#include "journal/log_reader.hpp"

namespace saker::journal {

struct Recovery {
  /// end: clean. torn_tail: there was one and it has been cut. corruption: refuse to start.
  /// io_error: the storage failed, nothing is known.
  ReadKind kind = ReadKind::io_error;
  Damage damage;               // of the torn tail or the corruption
  LogState state;              // for the LogWriter, and SegmentAllocator by next_segment()
  std::uint64_t records = 0;   // seen from `from` on
  bool read_whole = false;     // io_error: it was a write or sync that failed, at the log's end
  bool ok() const { return kind == ReadKind::end || kind == ReadKind::torn_tail; }
};

/// Recovers the log in `storage`, reading only from record `from` on (the snapshot's sequence
/// plus 1; 0 reads all). On success the writer goes on from `state`. Nobody else may write
/// meanwhile.
template <Storage S>
Recovery recover(S& storage, Sequence from = 0);

/// The same; `on_record(const LogReader<S>&)` sees each record on the way, so that a replay need
/// not read the log again. What it makes of them may be shown to nobody before recover() has
/// returned ok: only then are they durable, and only then is it known that no damage follows.
template <Storage S, class OnRecord>
Recovery recover(S& storage, Sequence from, OnRecord&& on_record);

}  // namespace saker::journal

#include "journal/recovery_impl.hpp"
