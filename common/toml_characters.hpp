// Inside common/ only: what toml++ must not be shown.
#pragma once

#include <cstddef>
#include <string_view>

namespace saker {

/// Where `text` has a character that TOML does not have there: a control character anywhere, one
/// beyond ASCII outside of comments and texts in quotes, or behind a backslash that ends a line.
/// npos: nowhere. toml++ 3.3 ends the process at the first and is undefined at the others.
std::size_t find_strange_character(std::string_view text);

}  // namespace saker
