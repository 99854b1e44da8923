// Bodies of recover(); included by recovery.hpp only.
#pragma once

#include "common/plants.hpp"
#include "journal/recovery.hpp"

namespace saker::journal {

namespace detail {

template <Storage S>
IoStatus write_zeros(S& storage, FileId file, std::uint64_t from, std::uint64_t to) {
  const std::vector<std::byte> zeros(std::min<std::uint64_t>(to - std::min(from, to), 1u << 20));
  while (from < to) {
    const std::size_t size = std::min<std::uint64_t>(zeros.size(), to - from);
    const IoStatus status = storage.write_at(file, from, {zeros.data(), size});
    if (status != IoStatus::ok) return status;
    from += size;
  }
  return IoStatus::ok;
}

/// Writes the bytes in [from, to) again as they are.
template <Storage S>
IoStatus write_again(S& storage, FileId file, std::uint64_t from, std::uint64_t to) {
  std::vector<std::byte> bytes(to - from);
  std::size_t got = 0;
  IoStatus status = storage.read_at(file, from, bytes, got);
  if (status == IoStatus::ok && got != bytes.size()) status = IoStatus::io_error;
  return status == IoStatus::ok ? storage.write_at(file, from, bytes) : status;
}

template <Storage S>
IoStatus zero_file(S& storage, std::uint64_t index) {
  FileId file = FileId::none;
  std::uint64_t size = 0;
  IoStatus status = storage.open(segment_name(index), file);
  if (status != IoStatus::ok) return status;
  status = storage.size(file, size);
  if (status == IoStatus::ok) status = write_zeros(storage, file, 0, size);
  if (status == IoStatus::ok) status = storage.sync(file);
  storage.close(file);
  return status;
}

/// Cuts and makes durable the segment in which the log ends.
///
/// What lies above the durable mark is written again before it is synced. After a failed sync
/// the kernel may hold pages that look written and are not, and would then answer the next sync
/// with "ok"; writing them makes it try again. For the same reason zeros are written over the
/// whole stretch that an unfinished batch could have reached, cut or not.
template <Storage S>
IoStatus settle_segment(S& storage, const LogState& state, Position durable, std::uint64_t cut) {
  FileId file = FileId::none;
  IoStatus status = storage.open(segment_name(state.next.segment), file);
  if (status != IoStatus::ok) return status;
  const std::uint64_t end = state.next.offset;
  const std::uint64_t from = durable.segment == state.next.segment ? durable.offset : 0;
  const std::uint64_t keep = std::min(end, cut);
  const bool torn = cut != UINT64_MAX;
  const std::uint64_t zero_to =
      torn ? state.segment_bytes : std::min(state.segment_bytes, end + kMaxBatchBytes);
  if (from < keep) status = write_again(storage, file, from, keep);
  const std::uint64_t zero_from = SAKER_PLANT(torn_tail_kept) ? zero_to : keep;
  if (status == IoStatus::ok) status = write_zeros(storage, file, zero_from, zero_to);
  if (status == IoStatus::ok) status = storage.sync(file);
  storage.close(file);
  return status;
}

template <Storage S>
IoStatus settle_mark(S& storage, const LogState& state) {
  DurableMark mark;
  mark.shard = state.shard;
  mark.log_id = state.log_id;
  mark.durable_sequence = state.last_sequence;
  mark.durable = state.next;
  seal(mark);
  FileId file = FileId::none;
  IoStatus status = storage.create(kMarkFile, file);
  for (std::uint64_t slot = 0; slot < 2 && status == IoStatus::ok; ++slot) {
    status = storage.write_at(file, slot * kMarkSlotBytes, bytes_of(mark));
  }
  if (status == IoStatus::ok) status = storage.sync(file);
  if (file != FileId::none) storage.close(file);
  return status == IoStatus::no_space ? IoStatus::ok : status;
}

/// Reads to the end and settles what is there; a torn tail is cut.
template <Storage S, class OnRecord>
Recovery read_and_settle(S& storage, Sequence from, OnRecord&& on_record) {
  Recovery result;
  LogReader<S> reader(storage, ReadMode::sealed, from);
  ReadKind kind = reader.next();
  for (; kind == ReadKind::record; kind = reader.next()) {
    ++result.records;
    on_record(reader);
  }
  result.damage = reader.damage();
  result.state = reader.state();
  result.kind = kind;
  if (!result.ok()) return result;

  result.read_whole = true;
  IoStatus status = IoStatus::ok;
  const LogState& state = result.state;
  std::uint64_t cut = UINT64_MAX;
  if (kind == ReadKind::torn_tail) {
    const Position at = result.damage.position;
    if (state.exists() && at.segment == state.next.segment) {
      cut = at.offset;
    } else {
      status = zero_file(storage, at.segment);
    }
  }
  if (status == IoStatus::ok && state.exists()) {
    status = settle_segment(storage, state, reader.known_durable(), cut);
    if (status == IoStatus::ok) status = storage.sync_dir();
    if (status == IoStatus::ok) status = settle_mark(storage, state);
  }
  if (status != IoStatus::ok) result.kind = ReadKind::io_error;
  return result;
}

}  // namespace detail

/// After a cut the log is read again, until it ends cleanly: there may be dirt in two places, in
/// the segment being written and in the one being prepared.
template <Storage S, class OnRecord>
Recovery recover(S& storage, Sequence from, OnRecord&& on_record) {
  const Recovery first = detail::read_and_settle(storage, from, on_record);
  if (first.kind != ReadKind::torn_tail || SAKER_PLANT(torn_tail_kept)) return first;
  Recovery again = first;
  for (int i = 0; i < 3 && again.kind == ReadKind::torn_tail; ++i) {
    again = detail::read_and_settle(storage, from, [](const LogReader<S>&) {});
  }
  if (again.kind == ReadKind::end) return first;
  // What was cut is still there, or reading fails now: this storage is not to be trusted.
  if (again.kind == ReadKind::torn_tail) again.kind = ReadKind::io_error;
  return again;
}

template <Storage S>
Recovery recover(S& storage, Sequence from) {
  return recover(storage, from, [](const LogReader<S>&) {});
}

}  // namespace saker::journal
