#include "gateway/evidence_api.hpp"

#include <algorithm>

#include "journal/evidence/head_file.hpp"
#include "journal/posix_storage.hpp"
#include "web/error.hpp"
#include "web/json.hpp"

namespace saker::gateway {
namespace {

using evidence::SignedHead;

constexpr std::int64_t kMaxHeads = 100;

/// Opened for each request: the notary may have been started, or its files restored, since.
struct Heads {
  explicit Heads(const std::string& directory) {
    using Access = journal::PosixStorage::Access;
    if (storage.open_directory(directory, Access::read_only) != journal::IoStatus::ok ||
        file.open(false) != journal::IoStatus::ok || file.count() == 0) {
      throw web::unavailable("no head has been signed yet");
    }
  }
  std::string public_key() {
    journal::FileId key = journal::FileId::none;
    std::array<std::byte, 64> text;
    std::size_t got = 0;
    std::array<std::uint8_t, 32> parsed;
    if (storage.open(evidence::kPublicKeyFile, key) == journal::IoStatus::ok) {
      (void)storage.read_at(key, 0, text, got);
      storage.close(key);
    }
    const std::string_view read(reinterpret_cast<const char*>(text.data()), got);
    if (!evidence::parse_key(read, parsed)) throw web::unavailable("no public key is there yet");
    return std::string(read);
  }

  journal::PosixStorage storage;
  evidence::HeadFile<journal::PosixStorage> file{storage};
};

void write_head(web::Writer& out, const SignedHead& head) {
  out.begin_object()
      .field("number", head.head.number)
      .field("first_sequence", head.head.first_sequence)
      .field("last_sequence", head.head.last_sequence)
      .field("time", head.head.timestamp_ns / 1'000'000)
      .field("root", evidence::to_hex(bytes_of(head.head.root)))
      .field("previous", evidence::to_hex(bytes_of(head.head.previous)))
      .field("signed", evidence::to_hex(bytes_of(head)))
      .end_object();
}

}  // namespace

web::Response EvidenceApi::get_evidence(const web::Request& request) {
  const web::Fields query = request.query();
  const std::int64_t limit = query.integer("limit", 1, kMaxHeads).value_or(1);
  const auto wanted = query.integer("from", 1, INT64_MAX);
  query.reject_unknown();
  Heads heads(directory_);
  const auto count = static_cast<std::int64_t>(heads.file.count());
  const std::int64_t from = wanted.value_or(std::max<std::int64_t>(count - limit + 1, 1));
  if (from > count) throw web::not_found("there are " + std::to_string(count) + " heads");
  web::Writer out;
  out.begin_object().field("public_key", heads.public_key()).field("count", heads.file.count());
  out.key("heads").begin_array();
  for (std::int64_t number = from; number <= count && number < from + limit; ++number) {
    SignedHead head;
    if (!heads.file.read(static_cast<std::uint64_t>(number), head)) {
      throw web::unavailable("the heads cannot be read at the moment; try again");
    }
    write_head(out, head);
  }
  out.end_array().end_object();
  return web::json_response(out.take());
}

}  // namespace saker::gateway
