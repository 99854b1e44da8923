// The model as one line of JSON, for scripts.
#pragma once

#include <string>

#include "client/top/model.hpp"

namespace saker::client::top {

std::string to_json(const Model& model);

}  // namespace saker::client::top
