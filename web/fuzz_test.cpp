// The short forms of this folder's fuzzers.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "web/fuzz.hpp"

namespace saker::web {
namespace {

const std::string kFolder = SAKER_SOURCE_ROOT "/web/";

TEST(Fuzz, RequestText) {
  fuzz_briefly(fuzz_request_text, kFolder + "request_text_fuzz_corpus", 2'000);
}
TEST(Fuzz, AccessToken) {
  fuzz_briefly(fuzz_access_token, kFolder + "access_token_fuzz_corpus", 2'000);
}
TEST(Fuzz, HttpRequest) {
  fuzz_briefly(fuzz_http_request, kFolder + "http_request_fuzz_corpus", 2'000);
}
TEST(Fuzz, HttpResponse) {
  fuzz_briefly(fuzz_http_response, kFolder + "http_response_fuzz_corpus", 2'000);
}
TEST(Fuzz, Server) { fuzz_briefly(fuzz_server, kFolder + "server_fuzz_corpus", 200); }
TEST(Fuzz, Socket) { fuzz_briefly(fuzz_socket, kFolder + "socket_fuzz_corpus", 300); }

}  // namespace
}  // namespace saker::web
