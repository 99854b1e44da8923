// What needs no network: JSON, queries, access tokens, routes' table, metrics, rate limits, loop.
#include <sys/stat.h>

#include <fstream>

#include "web/percent.hpp"
#include "web/rate_limit.hpp"
#include "web/test_rig.hpp"

namespace saker::web {
namespace {

/// The message of the INVALID_REQUEST that `call` throws.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const ApiError& error) {
    EXPECT_EQ(error.code, "INVALID_REQUEST");
    return error.what();
  }
  return "(accepted)";
}

TEST(Json, ReadsARequest) {
  const Fields body = parse_json(R"( {"market":"KCN/EUR","side":"buy","price":"10.50","limit":5,
      "order_id":"18446744073709551615","post":true,"note":null,"n":{"a":[1,"x",{"b":-7}]}} )")
                          .object();
  EXPECT_EQ(body.need_text("market"), "KCN/EUR");
  EXPECT_EQ(body.need_choice("side", {"buy", "sell"}), "buy");
  EXPECT_EQ(body.need_decimal("price", 2), 1'050);
  EXPECT_EQ(body.need_integer("limit", 1, 100), 5);
  EXPECT_EQ(body.need_id("order_id"), UINT64_MAX);
  EXPECT_TRUE(body.need_boolean("post"));
  EXPECT_FALSE(body.has("note"));
  EXPECT_FALSE(body.text("note"));
  EXPECT_FALSE(body.integer("absent", 0, 1));
  const auto elements = body.need_object("n").need_array("a", 3);
  EXPECT_EQ(elements[2].object().need_integer("b", -10, 10), -7);
  EXPECT_NO_THROW(body.reject_unknown());
}

TEST(Json, RefusalsNameTheField) {
  const Fields body = parse_json(R"({"a":"x","n":5,"big":18446744073709551615,"f":1.0,"e":1e2,
      "o":{"p":[1,{"q":"z"}]},"id":"007","d":"1.234","m":"-1"})").object();
  EXPECT_EQ(refusal([&] { body.need_text("missing"); }), "missing is missing");
  EXPECT_EQ(refusal([&] { body.need_text("n"); }), "n must be a string");
  EXPECT_EQ(refusal([&] { body.need_text("a", 0); }), "a must be at most 0 bytes long");
  EXPECT_EQ(refusal([&] { body.need_integer("a", 0, 9); }), "a must be an integer from 0 to 9");
  EXPECT_EQ(refusal([&] { body.need_integer("n", 6, 9); }), "n must be an integer from 6 to 9");
  EXPECT_EQ(refusal([&] { body.need_integer("big", 0, INT64_MAX); }),
            "big must be an integer from 0 to 9223372036854775807");
  EXPECT_EQ(refusal([&] { body.need_integer("f", 0, 9); }), "f must be an integer from 0 to 9");
  EXPECT_EQ(refusal([&] { body.need_integer("e", 0, 999); }), "e must be an integer from 0 to 999");
  EXPECT_EQ(refusal([&] { body.need_choice("a", {"b", "c"}); }), "a must be one of \"b\", \"c\"");
  EXPECT_EQ(refusal([&] {
              body.need_object("o").need_array("p", 2)[1].object().need_integer("q", 0, 1);
            }),
            "o.p[1].q must be an integer from 0 to 1");
  EXPECT_EQ(refusal([&] { body.need_object("o").need_array("p", 1); }),
            "o.p must be an array of at most 1 elements");
  EXPECT_EQ(refusal([&] { body.need_id("id"); }), "id must be an id: a whole number as a string");
  EXPECT_EQ(refusal([&] { body.need_id("m"); }), "m must be an id: a whole number as a string");
  EXPECT_EQ(refusal([&] { body.need_decimal("d", 2); }),
            "d must be a decimal number as a string, with at most 2 places after the point");
  EXPECT_EQ(refusal([&] { body.need_decimal("n", 2); }), "n must be a string");
  EXPECT_EQ(refusal([&] { body.need_boolean("a"); }), "a must be true or false");
  EXPECT_EQ(refusal([&] { parse_json("[1]").object(); }), "the request must be an object");
  EXPECT_EQ(refusal([&] { parse_json(R"({"a":1,"b":2})").object().reject_unknown(); }),
            "a is not known");
}

TEST(Json, TakesOnlyOneWholeValue) {
  for (const std::string bad :
       {"", " ", "{", "}", "{}}", "{} {}", "{}x", "nul", "NaN", "Infinity", "-", "01", "+1", ".5",
        "1.", "1e", "0x10", "'a'", "{a:1}", "{\"a\":1,}", "[1,]", "[1 2]", "{\"a\" 1}", "// c\n1",
        "/* c */ 1", "\"\x01\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\xc3\x28\"", "\"\xff\"", "\"a", "\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}", "{\"x\":{\"a\":null,\"b\":1,\"a\":null}}"}) {
    EXPECT_NE(refusal([&] { parse_json(bad); }), "(accepted)") << bad;
  }
  EXPECT_EQ(refusal([] { parse_json(std::string(17, '[') + std::string(17, ']')); })
                .substr(0, 8),
            "not JSON");
  EXPECT_NO_THROW(parse_json(std::string(16, '[') + std::string(16, ']')));
  std::string many = "[1";
  for (int i = 0; i < 100; ++i) many += ",1";
  EXPECT_EQ(refusal([&] { parse_json(many + "]", {16, 100}); }), "too many values");
  // An object of very many members must not take very long.
  std::string wide = "{\"0\":0";
  for (int i = 1; i < 30'000; ++i) wide += ",\"" + std::to_string(i) + "\":0";
  EXPECT_NE(refusal([&] { parse_json(wide + "}"); }), "(accepted)");
}

TEST(Json, WritesWhatItReads) {
  for (const std::string text :
       {R"({"a":[],"b":{},"c":[1,-2,[true,false,null]],"d":"x"})", R"([{"a":1},{"b":2}])",
        "9223372036854775807", "-9223372036854775808", "18446744073709551615", R"("\"\\\u0001é")",
        "1.50", "1e400", R"({"":""})"}) {
    EXPECT_EQ(parse_json(text).dump(), text);
  }
  Writer out;
  out.begin_object().field("n", 1u).field("s", "a\"b").field("none", nullptr);
  out.field("maybe", std::optional<std::int64_t>()).field("t", true).field_id("id", 7);
  out.key("list").begin_array().value(1).value("x").raw("{}").end_array().end_object();
  EXPECT_EQ(out.take(), R"({"n":1,"s":"a\"b","none":null,"maybe":null,"t":true,"id":"7",)"
                        R"("list":[1,"x",{}]})");
  EXPECT_EQ(out.value(std::string("a\xff\xc3z\n")).take(), "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\\u000a\"");
}

TEST(Query, IsReadLikeABody) {
  const Fields query = read_query("market=KCN%2FEUR&limit=5&all=true&note=a+b&empty=");
  EXPECT_EQ(query.need_text("market"), "KCN/EUR");
  EXPECT_EQ(query.need_integer("limit", 1, 10), 5);
  EXPECT_TRUE(query.need_boolean("all"));
  EXPECT_EQ(query.need_text("note"), "a b");
  EXPECT_EQ(query.need_text("empty"), "");
  query.reject_unknown();
  EXPECT_EQ(refusal([] { read_query("a=1&a=2"); }), "a is there twice");
  EXPECT_EQ(refusal([] { read_query("a=%zz"); }), "the query has a bad escape or is not UTF-8");
  EXPECT_EQ(refusal([] { read_query("a=%c0%80"); }),
            "the query has a bad escape or is not UTF-8");
  for (const char* number :
       {"", "x", "1x", "+1", " 1", "01", "-0", "1.0", "99999999999999999999"}) {
    const Fields bad = read_query(std::string("n=") + encode_component(number));
    EXPECT_EQ(refusal([&] { bad.need_integer("n", 0, 9); }), "n must be an integer from 0 to 9");
  }
  EXPECT_EQ(refusal([] { read_query("a=1&b=2").reject_unknown(); }), "a is not known");
}

TEST(AccessToken, TellsWhoItIsFor) {
  TemporaryFolder folder;
  const TokenSigner signer(folder.path());
  TokenVerifier verifier(folder.path());
  const Identity identity{UINT64_MAX, 4'000'000'000, 12, 2'000};
  const std::string token = signer.sign(identity);
  EXPECT_EQ(verifier.verify(token, 1'000), identity);
  EXPECT_EQ(verifier.verify(token, 1'999), identity);  // now from memory
  EXPECT_FALSE(verifier.verify(token, 2'000));
  EXPECT_FALSE(verifier.verify(token, 3'000));
  // Signer and verifier of another process, with the same files.
  EXPECT_EQ(TokenVerifier(folder.path()).verify(TokenSigner(folder.path()).sign(identity), 1'000),
            identity);
}

TEST(AccessToken, AnyChangeIsNoticed) {
  TemporaryFolder folder, other_folder;
  const TokenSigner signer(folder.path());
  const std::string token = signer.sign({7, 8, 9, 2'000});
  TokenVerifier verifier(folder.path());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', '.', '=', '\0', '\xff'}) {
      std::string changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_FALSE(verifier.verify(changed, 1'000)) << "byte " << i << " made " << int{c};
    }
    EXPECT_FALSE(verifier.verify(token.substr(0, i), 1'000)) << i;
  }
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), token + "A",
                                 token + "=", token + "." + token, " " + token, token + "\n",
                                 "e30." + token.substr(token.find('.') + 1),
                                 std::string(100'000, 'A'), std::string(500, 'A') + "."}) {
    EXPECT_FALSE(verifier.verify(bad, 1'000)) << bad.substr(0, 80);
  }
  const TokenSigner stranger(other_folder.path());
  EXPECT_FALSE(verifier.verify(stranger.sign({7, 8, 9, 2'000}), 1'000));
  EXPECT_TRUE(verifier.verify(token, 1'000));
}

TEST(AccessToken, TheKeyMayComeLater) {
  TemporaryFolder folder;
  TokenVerifier verifier(folder.path());
  EXPECT_FALSE(verifier.verify("a.b", 1'000));
  const TokenSigner signer(folder.path());
  const std::string token = signer.sign({7, 8, 9, 2'000});
  EXPECT_FALSE(verifier.verify(token, 1'000));  // looks once a second
  EXPECT_TRUE(verifier.verify(token, 1'001));
}

TEST(AccessToken, KeysAreKeptAndKeptSecret) {
  TemporaryFolder folder;
  const TokenSigner first(folder.path());
  const std::string path = folder.path() + "/token-signing.key";
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ::chmod(path.c_str(), 0640);
  EXPECT_THROW(TokenSigner{folder.path()}, std::runtime_error);
  ::chmod(path.c_str(), 0600);
  std::ofstream(path) << "not a key\n";
  EXPECT_THROW(TokenSigner{folder.path()}, std::runtime_error);
  std::ofstream(path) << std::string(64, 'a') << "\n";  // a key, but not the one of the .pub
  EXPECT_THROW(TokenSigner{folder.path()}, std::runtime_error);
  const std::string token = load_service_token(folder.path() + "/made");
  EXPECT_EQ(token.size(), 64u);
  EXPECT_EQ(load_service_token(folder.path() + "/made"), token);
  EXPECT_TRUE(equal_secrets(token, token));
  EXPECT_FALSE(equal_secrets(token, token.substr(1)));
}

TEST(Target, IsSplitAndDecoded) {
  std::string path, query;
  EXPECT_TRUE(split_target("/a/b%20c/?x=%2F", path, query));
  EXPECT_EQ(path, "/a/b c/");
  EXPECT_EQ(query, "x=%2F");
  for (const char* bad : {"", "a", "*", "http://x/", "/a b", "/\x7f", "/\xc3\xa9", "/%0a", "/../x",
                          "/a/..", "/./a", "/%2e%2E/", "/%5c", "/#", "/a%"}) {
    EXPECT_FALSE(split_target(bad, path, query)) << bad;
  }
}

TEST(Utf8, IsStrict) {
  for (const char* good :
       {"", "a", "\xc3\xa9", "\xe4\xb8\x96", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe4\xb8", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(RateLimit, GivesSoManyAndRefills) {
  RateLimit limit(2, 3);
  const TimeNs start = 1'000'000'000'000;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take("a", start));
  EXPECT_FALSE(limit.take("a", start));
  EXPECT_EQ(limit.retry_after_s("a", start), 1u);
  EXPECT_EQ(limit.retry_after_s("a", start, 3), 2u);
  EXPECT_TRUE(limit.take("b", start));
  EXPECT_FALSE(limit.take("a", start + 400 * kMs));
  EXPECT_TRUE(limit.take("a", start + 500 * kMs));
  EXPECT_FALSE(limit.take("a", start + 500 * kMs));
  EXPECT_FALSE(limit.take("a", start));  // a clock that went back gives nothing
  EXPECT_FALSE(limit.take("c", start, 4));
}

TEST(RateLimit, ForgetsOnlyWhoIsFullAgain) {
  RateLimit limit(1, 1, 2);
  EXPECT_TRUE(limit.take("a", 0));
  EXPECT_TRUE(limit.take("b", 500 * kMs));
  EXPECT_FALSE(limit.take("c", 600 * kMs));  // no room, and nobody to forget
  EXPECT_TRUE(limit.take("c", 1'000 * kMs));  // "a" is full again
  EXPECT_FALSE(limit.take("b", 1'100 * kMs));
  EXPECT_EQ(limit.size(), 2u);
}

TEST(MetricsText, IsWhatScrapersRead) {
  Metrics metrics("x");
  metrics.counter("a_total", "Things \\ and\nlines", {{"k", "v\"w"}}).add(3);
  EXPECT_EQ(&metrics.counter("a_total", "", {{"k", "v\"w"}}),
            &metrics.counter("a_total", "", {{"k", "v\"w"}}));
  Histogram& histogram = metrics.histogram("t_seconds", "Time", {{"k", "v"}});
  histogram.record_ns(50'000);
  histogram.record_ns(70'000);
  histogram.record_ns(20'000'000'000);
  int refreshed = 0;
  metrics.before_text([&] { metrics.gauge("g", "Level").set(-++refreshed); });
  const std::string text = metrics.text();
  for (const char* line :
       {"# HELP saker_x_a_total Things \\\\ and\\nlines\n# TYPE saker_x_a_total counter\n"
        "saker_x_a_total{k=\"v\\\"w\"} 3\n",
        "saker_x_g -1\n", "saker_x_t_seconds_bucket{k=\"v\",le=\"0.00005\"} 1\n",
        "saker_x_t_seconds_bucket{k=\"v\",le=\"0.0001\"} 2\n",
        "saker_x_t_seconds_bucket{k=\"v\",le=\"10\"} 2\n",
        "saker_x_t_seconds_bucket{k=\"v\",le=\"+Inf\"} 3\n",
        "saker_x_t_seconds_sum{k=\"v\"} 20.00012\n", "saker_x_t_seconds_count{k=\"v\"} 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(LoopTest, TimersAndWatchesMayEndThemselves) {
  Loop loop;
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  int read_calls = 0, ticks = 0;
  std::unique_ptr<Watch> watch;
  watch = std::make_unique<Watch>(loop, pipe_fds[0], [&] {
    if (++read_calls == 3) watch.reset();  // what is not read is told again until then
  });
  ASSERT_EQ(::write(pipe_fds[1], "x", 1), 1);
  auto timer = std::make_unique<Timer>(loop);
  timer->every(kMs, [&] {
    if (++ticks == 3) timer.reset();
  });
  Timer again(loop);
  int chained = 0;
  std::function<void()> chain = [&] {
    if (++chained < 3) again.after(0, chain);
  };
  again.after(0, chain);
  bool cancelled = true;
  Timer never(loop);
  never.after(kMs, [&] { cancelled = false; });
  never.cancel();
  const auto ended = [&] { return watch == nullptr && timer == nullptr && chained == 3; };
  for (int i = 0; i < 1000 && !ended(); ++i) loop.run_for(10 * kMs);
  loop.run_for(10 * kMs);
  EXPECT_EQ(read_calls, 3);
  EXPECT_EQ(ticks, 3);
  EXPECT_EQ(chained, 3);
  EXPECT_TRUE(cancelled);
  char byte;
  EXPECT_EQ(::read(pipe_fds[0], &byte, 1), 1);  // still open, and still there
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

TEST(LoopTest, PostedFunctionsMayThrow) {
  Loop loop;
  loop.post([] { throw std::runtime_error("from a function"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
}

}  // namespace
}  // namespace saker::web
