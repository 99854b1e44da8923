// The signed heads of the command log for everybody: who keeps one can tell later whether the log
// was changed since. Reads what saker-notary writes; nothing is kept here.
#pragma once

#include <string>

#include "web/request.hpp"
#include "web/response.hpp"

namespace saker::gateway {

class EvidenceApi {
 public:
  /// `directory` has the files `heads` and `public_key.hex`, now or later.
  explicit EvidenceApi(std::string directory) : directory_(std::move(directory)) {}

  /// GET /api/evidence. Throws web::Error: no head has been signed yet, or `from` is beyond them.
  web::Response get_evidence(const web::Request& request);

 private:
  const std::string directory_;
};

}  // namespace saker::gateway
