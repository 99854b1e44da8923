// Entry points of the fuzzers, called by libFuzzer and by the ordinary tests alike. They assert
// what must hold for any bytes whatever; a broken promise aborts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::web {

/// The text of a WebSocket request, of a request's body, or of a query: what is accepted, written
/// and read again is the same; every reading gives a value in its range or throws ApiError.
void fuzz_request_text(const std::uint8_t* data, std::size_t size);

/// An access token. With an odd first byte the rest is a payload to be signed, so that what is
/// behind the signature is reached: then it is the identity it was or none. With one that leaves 2
/// of 4 the rest changes a good token, in pairs {offset, xor}.
void fuzz_access_token(const std::uint8_t* data, std::size_t size);

/// Bytes of an HTTP connection. The first byte says in what pieces they come; the pieces must make
/// no difference to what is understood.
void fuzz_http_request(const std::uint8_t* data, std::size_t size);

/// Bytes of an HTTP server's answer. The first byte says in what pieces they come and whether they
/// answer HEAD; pieces make no difference, and a body is never longer than asked for.
void fuzz_http_response(const std::uint8_t* data, std::size_t size);

/// Bytes of a WebSocket connection. First byte odd: as they are. Even: a list of frames
/// {flags and opcode, form of the length, content…} to be built. What the server hands up must be
/// what a slow reading of the very bytes by RFC 6455 says, whatever the pieces they come in.
void fuzz_socket(const std::uint8_t* data, std::size_t size);

/// Bytes of a connection to a whole server: routes of every access, a page, a WebSocket. First
/// byte: how small the pieces are; {T} becomes a good access token, {S} the service token. Handlers
/// are asked the same whatever the pieces, nothing without its token, and each gives one answer.
void fuzz_server(const std::uint8_t* data, std::size_t size);

}  // namespace saker::web
