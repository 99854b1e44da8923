// What signing in rests on, without a database: limits, codes, tokens, addresses, mails.
#include <gtest/gtest.h>

#include <set>

#include "accounts/identity/email.hpp"
#include "accounts/identity/identity_api.hpp"
#include "accounts/identity/identity_store.hpp"
#include "accounts/identity/limits.hpp"
#include "accounts/identity/mailer.hpp"
#include "accounts/identity/secrets.hpp"

namespace saker::accounts {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

TEST(Limits, AllowsTheCountAtOnceThenOneByOne) {
  const Limit limit{5, 900'000};
  std::int64_t empty_ms = 0;
  for (int i = 0; i < 5; ++i) {
    const LimitAnswer answer = use_limit(limit, empty_ms, kNow);
    ASSERT_TRUE(answer.allowed) << i;
    empty_ms = answer.empty_ms;
  }
  const LimitAnswer sixth = use_limit(limit, empty_ms, kNow);
  EXPECT_FALSE(sixth.allowed);
  EXPECT_EQ(sixth.empty_ms, empty_ms);
  EXPECT_EQ(sixth.retry_after_ms, 180'000);
  EXPECT_FALSE(use_limit(limit, empty_ms, kNow + 179'999).allowed);
  EXPECT_TRUE(use_limit(limit, empty_ms, kNow + 180'000).allowed);
}

TEST(Limits, AClockThatWasSetBackDoesNotShutAnybodyOut) {
  const Limit limit{5, 900'000};
  std::int64_t empty_ms = 0;
  for (int i = 0; i < 5; ++i) empty_ms = use_limit(limit, empty_ms, kNow).empty_ms;
  const std::int64_t hour_ago = kNow - 3'600'000;
  for (int i = 0; i < 5; ++i) {
    const LimitAnswer answer = use_limit(limit, empty_ms, hour_ago);
    ASSERT_TRUE(answer.allowed) << i;
    empty_ms = answer.empty_ms;
  }
  EXPECT_EQ(use_limit(limit, empty_ms, hour_ago).retry_after_ms, 180'000);
}

TEST(Limits, NeverMoreThanTwiceTheCountInAWindowWhateverThePattern) {
  const Limit limit{7, 70'000};
  std::uint64_t random = 1;
  std::int64_t empty_ms = 0, now_ms = kNow;
  std::vector<std::int64_t> allowed;
  for (int i = 0; i < 5'000; ++i) {
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    now_ms += static_cast<std::int64_t>(random >> 53);
    const LimitAnswer answer = use_limit(limit, empty_ms, now_ms);
    empty_ms = answer.empty_ms;
    if (answer.allowed) allowed.push_back(now_ms);
  }
  ASSERT_GT(allowed.size(), 100u);
  for (std::size_t i = 0; i + 14 < allowed.size(); ++i) {
    EXPECT_GE(allowed[i + 14] - allowed[i], 70'000);
  }
  // And a pause gives everything back.
  EXPECT_TRUE(use_limit(limit, empty_ms, now_ms + 70'000).allowed);
}

TEST(Email, OneSpellingOfWhatIsAnAddress) {
  EXPECT_EQ(normalise_email("  Ann.B+x@Example.ORG "), "ann.b+x@example.org");
  for (const char* bad : {"", "ann", "@example.org", "ann@", "ann@example", "a b@example.org",
                          "ann@exa mple.org", "ann@-example.org", "ann@example..org",
                          ".ann@example.org", "an..n@example.org", "ann@example.org\r\nBcc: x@y.z",
                          "<ann@example.org>", "ann@ex\xC3\xA4mple.org", "\"a b\"@example.org",
                          "-oQ@example.org", "ann@example.org,bob@example.org"}) {
    EXPECT_FALSE(normalise_email(bad)) << bad;
  }
  EXPECT_FALSE(normalise_email(std::string(65, 'a') + "@example.org"));
  EXPECT_FALSE(normalise_email(std::string_view("a\0b@example.org", 15)));
  EXPECT_FALSE(normalise_email("a@" + std::string(250, 'b') + ".org"));
}

TEST(Email, LimitsCountTheNetworkThatOneCallerHas) {
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of("10.0.0.1, 192.0.2.7"), "192.0.2.7");  // the nearest proxy's word
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of("nonsense'; DROP TABLE"), "unknown");
  EXPECT_EQ(network_of(""), "unknown");
}

TEST(Email, DisplayNames) {
  EXPECT_EQ(normalise_display_name("  Zo\xC3\xAB "), "Zo\xC3\xAB");
  EXPECT_FALSE(normalise_display_name("   "));
  EXPECT_FALSE(normalise_display_name("a\nb"));
  EXPECT_FALSE(normalise_display_name("a\xE2\x80\xAE" "b"));  // turns the text around
  EXPECT_FALSE(normalise_display_name("\xC3"));
  EXPECT_FALSE(normalise_display_name("\xC0\xAF"));
  EXPECT_FALSE(normalise_display_name("\xED\xA0\x80"));
  EXPECT_FALSE(normalise_display_name(std::string(65, 'a')));
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "\xF0\x9F\x98\x80";
  EXPECT_TRUE(normalise_display_name(wide));
  EXPECT_EQ(name_from_email("ann@example.org"), "ann");
}

TEST(Secrets, CodesAreSixDigitsAndSpread) {
  std::set<std::string> codes;
  int low = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string code = make_code();
    ASSERT_EQ(code.size(), 6u);
    ASSERT_EQ(normalise_code(code), code);
    low += code < "500000";
    codes.insert(code);
  }
  EXPECT_GT(codes.size(), 1'980u);
  EXPECT_NEAR(low, 1'000, 150);
}

TEST(Secrets, CodesAsPeopleTypeThem) {
  EXPECT_EQ(normalise_code("123 456"), "123456");
  EXPECT_EQ(normalise_code(" 123-456 "), "123456");
  for (const char* bad : {"", "12345", "1234567", "12345a", "\xD9\xA1" "23456"}) {
    EXPECT_EQ(normalise_code(bad), "") << bad;
  }
}

TEST(Secrets, HashesAreKeyedAndKeepTheirPartsApart) {
  Digest one{}, two{};
  two[0] = 1;
  const IdentityKey key(one), other(two);
  EXPECT_EQ(key.hash_code("a@b.cc", "123456"), key.hash_code("a@b.cc", "123456"));
  EXPECT_NE(key.hash_code("a@b.cc", "123456"), other.hash_code("a@b.cc", "123456"));
  EXPECT_NE(key.hash_code("a@b.cc", "123456"), key.hash_code("a@b.c", "c123456"));
  EXPECT_NE(key.hash_code("a@b.cc", "123456"), key.hash_code("x@b.cc", "123456"));
  EXPECT_NE(key.hash_token("t"), key.hash_code("t", ""));
  EXPECT_TRUE(equal_digests(one, Digest{}));
  EXPECT_FALSE(equal_digests(one, two));
}

TEST(Refresh, OnlyTheCurrentTokenOfALivingSessionRotates) {
  const RefreshState good{.expires_ms = kNow + 1};
  EXPECT_EQ(judge_refresh(good, kNow), RefreshCheck::rotated);
  EXPECT_EQ(judge_refresh(good, kNow + 1), RefreshCheck::unknown);
  RefreshState used = good;
  used.used = true;
  EXPECT_EQ(judge_refresh(used, kNow), RefreshCheck::reused);
  RefreshState ended = used;
  ended.ended = true;
  EXPECT_EQ(judge_refresh(ended, kNow), RefreshCheck::unknown);
}

TEST(Refresh, EndedSessionsAreKnownAsLongAsTheirAccessTokensLive) {
  EndedTokens ended;
  ended.add(7, 1'000);
  EXPECT_TRUE(ended.has(7));
  EXPECT_FALSE(ended.has(8));
  ended.forget_old(1'000 + web::kAccessTokenLifeS);
  EXPECT_TRUE(ended.has(7));
  ended.forget_old(1'000 + web::kAccessTokenLifeS + 1);
  EXPECT_FALSE(ended.has(7));
}

TEST(Mail, IsWhatMailServersExpect) {
  MailConfig config;
  config.from_name = "Saker";
  config.from_address = "no-reply@saker.example";
  const Mail mail = code_mail("ann@example.org", "012345", 300'000, 1'000);
  EXPECT_EQ(mail.give_up_ns, 1'000 + 300'000'000'000ull);
  const std::string text = mail_message(config, mail, 1'700'000'000'000'000'000, "id1");
  EXPECT_NE(text.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), std::string::npos);
  EXPECT_NE(text.find("From: Saker <no-reply@saker.example>\r\n"), std::string::npos);
  EXPECT_NE(text.find("To: <ann@example.org>\r\n"), std::string::npos);
  EXPECT_NE(text.find("Message-ID: <id1@saker.example>\r\n"), std::string::npos);
  EXPECT_NE(text.find("012345"), std::string::npos);
  EXPECT_NE(text.find("for 5 minutes"), std::string::npos);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    ASSERT_TRUE(i > 0 && text[i - 1] == '\r') << i;
  }
}

}  // namespace
}  // namespace saker::accounts
