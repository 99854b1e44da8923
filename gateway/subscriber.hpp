// Who receives pushes: a WebSocket, or a test.
#pragma once

#include <memory>
#include <string>

namespace saker::gateway {

using SharedText = std::shared_ptr<const std::string>;

class Subscriber {
 public:
  virtual ~Subscriber() = default;
  /// One text for many: it is shared, not copied. Never calls back into who pushes.
  virtual void push(const SharedText& text) = 0;
};

}  // namespace saker::gateway
