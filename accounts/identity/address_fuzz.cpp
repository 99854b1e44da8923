#include "accounts/identity/address_fuzz.hpp"

#include <algorithm>

#include "accounts/identity/email.hpp"
#include "common/assert.hpp"
#include "common/fuzz.hpp"

namespace saker::accounts {

namespace {

bool printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

void fuzz_address(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto email = normalise_email(text)) {
    SAKER_ASSERT(email->size() <= 254 && printable_ascii(*email));
    SAKER_ASSERT(std::count(email->begin(), email->end(), '@') == 1);
    SAKER_ASSERT(email->find_first_of(" ,;:<>()[]\"\\") == std::string::npos);
    SAKER_ASSERT(normalise_email(*email) == email);
    const std::string name = name_from_email(*email);
    SAKER_ASSERT(!name.empty() && name.size() <= 64 && normalise_display_name(name) == name);
  }
  const std::string address = client_address(text);
  SAKER_ASSERT(printable_ascii(address) && address.size() < 64);
  SAKER_ASSERT(client_address(address) == address);
  const std::string network = network_of(text);
  SAKER_ASSERT(printable_ascii(network) && network == network_of(address));
  if (const auto name = normalise_display_name(text)) {
    SAKER_ASSERT(name->size() <= 256 && normalise_display_name(*name) == name);
    for (const char c : *name) SAKER_ASSERT(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
  }
}

}  // namespace saker::accounts

SAKER_FUZZ_TARGET(saker::accounts::fuzz_address)
