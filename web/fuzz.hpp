// Entry points of the fuzzers, called by libFuzzer and by the ordinary tests alike. They assert
// what must hold for any bytes whatever; a broken promise aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace saker::web {

/// The text of a WebSocket request, of a request's body, or of a query: what is accepted, written
/// and read again is the same; every reading gives a value in its range or throws ApiError.
void fuzz_request_text(const std::uint8_t* data, std::size_t size);

/// An access token. With an odd first byte the rest is a payload to be signed, so that what is
/// behind the signature is reached: then it is the identity it was or none.
void fuzz_access_token(const std::uint8_t* data, std::size_t size);

/// Bytes of an HTTP connection. The first byte says in what pieces they come; the pieces must make
/// no difference to what is understood.
void fuzz_http_request(const std::uint8_t* data, std::size_t size);

std::vector<std::string> request_text_seeds();
std::vector<std::string> access_token_seeds();
std::vector<std::string> http_request_seeds();

}  // namespace saker::web
