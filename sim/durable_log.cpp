#include "sim/durable_log.hpp"

#include <algorithm>

namespace saker::sim {

const std::vector<std::byte>* DurableLog::segment(std::uint64_t index) const {
  const auto& names = disk_.durable_names(directory_);
  const auto found = names.find(journal::segment_name(index));
  return found == names.end() ? nullptr : &found->second->durable;
}

void DurableLog::advance(const OnRecord& on_record) {
  if (!state_.exists() && !enter_segment(0)) return;
  for (;;) {
    if (take_batch(on_record)) continue;
    if (!enter_segment(state_.next_segment())) return;
  }
}

bool DurableLog::enter_segment(std::uint64_t index) {
  const std::vector<std::byte>* bytes = segment(index);
  if (bytes == nullptr || bytes->size() < 512) return false;
  journal::SegmentHeader header;
  const Bytes block(bytes->data(), std::min<std::size_t>(bytes->size(), 65536));
  if (journal::check_segment_header(block, index, header) != journal::Check::none) return false;
  if (!state_.exists()) {
    state_ = journal::state_at(header);
    return true;
  }
  return journal::enter_segment(header, state_) == journal::Check::none;
}

bool DurableLog::take_batch(const OnRecord& on_record) {
  const std::vector<std::byte>* bytes = segment(state_.next.segment);
  const std::uint64_t at = state_.next.offset;
  if (bytes == nullptr || at + sizeof(journal::BatchHeader) > bytes->size()) return false;
  const Bytes rest = Bytes(*bytes).subspan(at);
  journal::BatchHeader header;
  if (journal::check_batch_header(rest.first(sizeof(header)), header) != journal::Check::none) {
    return false;
  }
  if (journal::check_batch_follows(header, state_) != journal::Check::none) return false;
  if (header.body.batch_bytes > rest.size()) return false;
  const Bytes batch = rest.first(header.body.batch_bytes);
  if (journal::check_batch_records(batch, header, state_) != journal::Check::none) return false;
  std::size_t used = sizeof(header);
  for (std::uint32_t i = 0; i < header.body.record_count; ++i) {
    const auto record = read_as<journal::RecordHeader>(batch, used);
    const Bytes payload = batch.subspan(used + sizeof(record), record.length);
    hashes_.push_back(chain_hash(chain_hash(record.sequence, bytes_of(record)), payload));
    if (on_record) on_record(record, payload);
    used += journal::record_bytes(record.length);
  }
  return true;
}

Sequence DurableLog::first_lost() const {
  DurableLog again(disk_, directory_);
  again.advance({});
  const auto& now = again.hashes();
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    if (i >= now.size() || now[i] != hashes_[i]) return i + 1;
  }
  return 0;
}

}  // namespace saker::sim
