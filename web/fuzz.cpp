#include "web/fuzz.hpp"

#include <sodium.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "common/assert.hpp"
#include "web/access_token.hpp"
#include "web/http_parser.hpp"
#include "web/json.hpp"
#include "web/percent.hpp"

namespace saker::web {

namespace {

/// Reads every member in every way.
void read_all(const Fields& fields) {
  for (const std::string& name : fields.names()) {
    const auto quietly = [](auto&& call) {
      try {
        call();
      } catch (const ApiError& error) {
        SAKER_ASSERT(error.status == 400 && error.code == "INVALID_REQUEST");
      }
    };
    quietly([&] { SAKER_ASSERT(is_utf8(fields.need_text(name))); });
    quietly([&] {
      const std::int64_t number = fields.need_integer(name, -5, 1'000);
      SAKER_ASSERT(number >= -5 && number <= 1'000);
    });
    quietly([&] { fields.need_boolean(name); });
    quietly([&] { fields.need_id(name); });
    quietly([&] { fields.need_decimal(name, 8); });
    quietly([&] { fields.need_choice(name, {"buy", "sell"}); });
    quietly([&] { read_all(fields.need_object(name)); });
    quietly([&] {
      for (const JsonValue& element : fields.need_array(name, 100)) {
        quietly([&] { read_all(element.object()); });
        quietly([&] { element.integer(); });
      }
    });
  }
  fields.reject_unknown();  // everything was asked for
}

/// The requests that the parser saw in `bytes`, a line each. (When it gives up on what is none may
/// depend on how much of it there is.)
std::string understand(const std::string& bytes, std::size_t piece) {
  std::string told, in;
  auto parser = std::make_unique<RequestParser>(512);
  std::size_t at = 0;
  while (true) {
    const ParseStep step = parser->parse(in);
    if (step == ParseStep::Refused) return told;
    if (step == ParseStep::Header) {
      SAKER_ASSERT(parser->raw_header().size() <= 512);
      if (!parser->limit_body(256)) return told;
    } else if (step == ParseStep::Complete) {
      const std::string body = parser->take_body();
      SAKER_ASSERT(body.size() <= 256);
      told += parser->method() + " " + parser->target() + " " + body +
              (parser->keep_alive() ? "\n" : " close\n");
      parser = std::make_unique<RequestParser>(512);
    } else if (at >= bytes.size()) {
      return told;
    } else {
      const std::size_t size = std::min(piece, bytes.size() - at);
      in.append(bytes, at, size);
      at += size;
    }
  }
}

const Identity kKnown{7, 1'007, 99, 2'000};

struct TokenRig {
  TokenRig() {
    char name[] = "/tmp/saker_token_fuzz.XXXXXX";
    folder = ::mkdtemp(name);
    signer = std::make_unique<TokenSigner>(folder);
    verifier = std::make_unique<TokenVerifier>(folder);
    SAKER_ASSERT(!verifier->verify("", 0));  // reads the key
    SAKER_ASSERT(verifier->verify(signer->sign(kKnown), 1'000) == kKnown);
  }
  ~TokenRig() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::string folder;
  std::unique_ptr<TokenSigner> signer;
  std::unique_ptr<TokenVerifier> verifier;
};

TokenRig& token_rig() {
  static TokenRig rig;
  return rig;
}

}  // namespace

void fuzz_request_text(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const JsonValue value = parse_json(text, {8, 1'000});
    SAKER_ASSERT(is_utf8(text));
    const std::string again = value.dump();
    SAKER_ASSERT(parse_json(again, {8, 1'000}).dump() == again);
    if (value.kind() == JsonValue::Kind::Object) read_all(value.object());
  } catch (const ApiError& error) {
    SAKER_ASSERT(error.status == 400 && error.code == "INVALID_REQUEST");
    SAKER_ASSERT(is_utf8(error.what()));
  }
  try {
    read_all(read_query(text));
  } catch (const ApiError& error) {
    SAKER_ASSERT(error.status == 400 && error.code == "INVALID_REQUEST");
  }
  std::string path, query;
  if (split_target(text, path, query)) {
    SAKER_ASSERT(path.starts_with('/') && is_utf8(path));
    SAKER_ASSERT(path.find("/../") == std::string::npos && !path.ends_with("/.."));
  }
}

void fuzz_access_token(const std::uint8_t* data, std::size_t size) {
  TokenVerifier& verifier = *token_rig().verifier;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty() || bytes[0] % 2 == 0) {
    // Nobody makes a token without the key: only the one that was given out is one.
    std::string token = bytes.empty() ? "" : bytes.substr(1);
    if (!bytes.empty() && bytes[0] % 4 == 2) {
      token = token_rig().signer->sign(kKnown);
      for (std::size_t i = 1; i + 1 < bytes.size(); i += 2) {
        const std::size_t at = static_cast<std::uint8_t>(bytes[i]) % token.size();
        token[at] = static_cast<char>(token[at] ^ bytes[i + 1]);
      }
    }
    const auto identity = verifier.verify(token, 1'000);
    SAKER_ASSERT(identity.has_value() == (token == token_rig().signer->sign(kKnown)));
    return;
  }
  const auto identity =
      verifier.verify(token_rig().signer->sign_payload(bytes.substr(1)), 1'000);
  if (!identity) return;
  SAKER_ASSERT(identity->expires_at_s > 1'000);
  SAKER_ASSERT(verifier.verify(token_rig().signer->sign(*identity), 1'000) == identity);
}

void fuzz_http_request(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = data[0] % 16 + 1;
  SAKER_ASSERT(understand(bytes, piece) == understand(bytes, bytes.size() + 1));
}

}  // namespace saker::web
