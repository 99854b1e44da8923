// A picture of the model for a screen of a given size: a pure function, so that tests can look.
#pragma once

#include <string>
#include <vector>

#include "client/top/model.hpp"

namespace saker::client::top {

struct View {
  std::size_t width = 80;
  std::size_t height = 24;
  std::uint32_t market = 1;  // which one's book and trades
  bool colour = true;
  bool help = false;
};

/// At most view.height lines of at most view.width columns each.
std::vector<std::string> render(const Model& model, const View& view);

}  // namespace saker::client::top
