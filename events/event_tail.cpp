#include "events/event_tail_impl.hpp"

namespace saker::events {

template class BasicEventTail<journal::PosixStorage>;

}  // namespace saker::events
