#include "journal/test_log.hpp"

namespace saker::journal {

template class SegmentAllocator<MemoryStorage>;
template class LogWriter<MemoryStorage>;
template class LogReader<MemoryStorage>;
template Recovery recover(MemoryStorage& storage, Sequence from);

}  // namespace saker::journal
