// The built page: what is served, how it is cached, and that nothing else on the disk is reached.
#include <fstream>

#include "web/test_rig.hpp"

namespace saker::web {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(page.path() + "/dist/assets");
    write("secret.txt", "not for you");
    write("dist/index.html", "<!doctype html><title>Saker</title>");
    write("dist/favicon.svg", "<svg/>");
    write("dist/assets/app-1a2b.js", "console.log(1)");
    write("dist/assets/app-1a2b.js.gz", "pretend this is gzip");
    write("dist/lonely.css.gz", "no file beside it");
    fs::create_symlink(page.path() + "/secret.txt", page.path() + "/dist/link.txt");
    rig.server.add({Method::Get, "/api/x", Access::User, "x",
                    [](const Request&) { return json_response("1"); }});
    rig.server.set_static_files({.directory = page.path() + "/dist"});
    rig.server.start();
  }
  void write(const std::string& path, const std::string& content) {
    std::ofstream(page.path() + "/" + path) << content;
  }
  std::string header(const std::string& answer, const std::string& name) {
    const std::size_t at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }

  TemporaryFolder page;
  Rig rig;
};

TEST_F(StaticFilesTest, ServesThePage) {
  const std::string root = rig.ask(Rig::get("/"));
  EXPECT_TRUE(root.starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(root.ends_with("<title>Saker</title>"));
  EXPECT_EQ(header(root, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(root, "Cache-Control"), "no-cache");
  EXPECT_NE(header(root, "Content-Security-Policy").find("default-src 'self'"), std::string::npos);
  EXPECT_EQ(header(root, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header(root, "X-Content-Type-Options"), "nosniff");
  const std::string script = rig.ask(Rig::get("/assets/app-1a2b.js"));
  EXPECT_TRUE(script.ends_with("console.log(1)"));
  EXPECT_EQ(header(script, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(script, "Vary"), "Accept-Encoding");
  EXPECT_EQ(rig.status("POST / HTTP/1.1\r\nHost: v\r\nContent-Length: 0\r\n\r\n"), 404);
}

TEST_F(StaticFilesTest, FallsBackForThePagesOwnRoutes) {
  for (const char* path : {"/portfolio", "/orders/12", "/signin?next=%2Fportfolio", "/a/b/c/"}) {
    const std::string page = rig.ask(Rig::get(path, "Accept: text/html,*/*;q=0.8\r\n"));
    EXPECT_TRUE(page.ends_with("<title>Saker</title>")) << path;
    const std::string program = rig.ask(Rig::get(path, "Accept: */*\r\n"));
    EXPECT_TRUE(program.starts_with("HTTP/1.1 404")) << path;
    EXPECT_NE(program.find("NOT_FOUND"), std::string::npos) << path;
  }
  for (const char* path : {"/nothing.js", "/assets/gone-9.js", "/.env", "/x/.git"}) {
    EXPECT_EQ(rig.status(Rig::get(path)), 404) << path;
  }
  EXPECT_EQ(rig.status(Rig::get("/api/x")), 401);  // routes go before files
}

TEST_F(StaticFilesTest, ReachesNothingElse) {
  for (const char* path :
       {"/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt",
        "/..\\secret.txt", "/..%5csecret.txt", "/link.txt", "/lonely.css", "/lonely.css.gz",
        "/assets/app-1a2b.js.gz", "//etc/passwd", "/./index.html", "/index.html%00.js"}) {
    const std::string answer = rig.ask(Rig::get(path));
    EXPECT_EQ(answer.find("not for you"), std::string::npos) << path;
    EXPECT_EQ(answer.find("root:"), std::string::npos) << path;
    EXPECT_FALSE(answer.find("HTTP/1.1 200") == 0 && answer.find("Saker") == std::string::npos)
        << path << answer;
  }
}

TEST_F(StaticFilesTest, KnownFilesAreNotSentAgain) {
  const std::string tag = header(rig.ask(Rig::get("/")), "ETag");
  ASSERT_EQ(tag.size(), 18u);
  for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const std::string answer = rig.ask(Rig::get("/", "If-None-Match: " + known + "\r\n"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 304")) << known;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    EXPECT_EQ(header(answer, "ETag"), tag);
  }
  EXPECT_EQ(rig.status(Rig::get("/", "If-None-Match: \"other\"\r\n")), 200);
}

TEST_F(StaticFilesTest, SendsTheSmallerVariantToWhoTakesIt) {
  const std::string path = "/assets/app-1a2b.js";
  const std::string plain = rig.ask(Rig::get(path));
  const std::string zipped = rig.ask(Rig::get(path, "Accept-Encoding: br, gzip;q=0.8\r\n"));
  EXPECT_TRUE(zipped.ends_with("pretend this is gzip"));
  EXPECT_EQ(header(zipped, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(zipped, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(header(zipped, "ETag"), header(plain, "ETag"));
  EXPECT_EQ(header(rig.ask(Rig::get(path, "Accept-Encoding: gzip;q=0\r\n")), "Content-Encoding"),
            "");
  EXPECT_EQ(header(rig.ask(Rig::get("/", "Accept-Encoding: gzip\r\n")), "Content-Encoding"), "");
}

TEST_F(StaticFilesTest, HeadHasTheHeaderOnly) {
  const std::string answer = rig.ask("HEAD / HTTP/1.1\r\nHost: v\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_EQ(header(answer, "Content-Length"), "35");
}

TEST_F(StaticFilesTest, AMissingOrLargeFolderIsAnError) {
  EXPECT_THROW(StaticFiles({.directory = page.path() + "/none"}), std::runtime_error);
  EXPECT_THROW(StaticFiles({.directory = page.path() + "/dist", .max_bytes = 10}),
               std::runtime_error);
}

}  // namespace
}  // namespace saker::web
