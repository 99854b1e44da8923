// The reason words of the protocol for people: what happened and what to do about it.
#pragma once

#include "types_generated.h"

namespace saker::client {

struct ReasonText {
  const char* what;  // one sentence
  const char* todo;  // one sentence; empty when there is nothing to do
};

/// The reason's word as the schema spells it, "UNKNOWN" for a number of a later version.
const char* reason_word(proto::Reason reason);
ReasonText explain(proto::Reason reason);

}  // namespace saker::client
