// Percent-encoding, and the UTF-8 check that goes with everything decoded.
#pragma once

#include <string>
#include <string_view>

namespace saker::web {

/// Valid UTF-8: shortest forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text);
/// Length of the UTF-8 sequence that `text` (not empty) begins with; 0 when it begins with none.
std::size_t utf8_length(std::string_view text);

/// Decodes %XX, and '+' as space when `plus_is_space`. False for a bad escape, or when the result
/// has a control character or is not UTF-8.
bool percent_decode(std::string_view text, bool plus_is_space, std::string& decoded);

}  // namespace saker::web
