#include "api/recorder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "fakes/faulty_files.h"
#include "fakes/served_api.h"
#include "fakes/temporary_folder.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

constexpr const char* question =
    R"({"model":"m","max_tokens":3,"messages":[{"role":"user","content":"hi ä"}]})";

HttpRequest request() {
  HttpRequest out;
  out.method = "POST";
  out.path = "/v1/messages";
  out.query = "beta=true";
  out.body = question;
  out.headers = {{"X-Claude-Code-Session-Id", "s \"1\""},
                 {"X-Api-Key", "hidden"},
                 {"Authorization", "Bearer hidden"},
                 {"Cookie", "hidden"}};
  return out;
}

class RecorderTest : public testing::Test {
 protected:
  std::unique_ptr<Recorder> open(uint64_t bytes_max = 1 << 20) {
    auto opened = Recorder::open(files_, {.folder = "/record", .bytes_max = bytes_max});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    const auto entries = files_.list("/record").value();
    for (const auto& entry : entries) {
      if (entry.name != "lock") out.push_back(entry.name);
    }
    std::ranges::sort(out);
    return out;
  }
  std::string text(const std::string& name) {
    const auto bytes = files_.contents("/record/" + name);
    return {bytes.begin(), bytes.end()};
  }

  FaultyFiles files_;
};

TEST_F(RecorderTest, WritesARequestDownAsItCameWithoutItsSecrets) {
  open()->record(request());
  ASSERT_EQ(names(), (std::vector<std::string>{"000001.json"}));
  const std::string written = text("000001.json");
  EXPECT_EQ(written.find("hidden"), std::string::npos);
  EXPECT_NE(written.find(std::string("\"body\":") + question), std::string::npos);
  const Json record = Json::parse(written);
  EXPECT_EQ(record["n"], 1);
  EXPECT_GT(record["t"], 1.7e9);
  EXPECT_EQ(record["path"], "/v1/messages?beta=true");
  EXPECT_EQ(record["headers"], Json::parse(R"([["X-Claude-Code-Session-Id","s \"1\""]])"));
}

TEST_F(RecorderTest, GoesOnBehindWhatIsThere) {
  open()->record(request());
  ASSERT_TRUE(files_.create("/record/notes.txt"));
  ASSERT_TRUE(files_.create("/record/000002.json.unfinished"));
  const auto recorder = open();
  recorder->record(request());
  recorder->record(request());
  EXPECT_EQ(names(),
            (std::vector<std::string>{"000001.json", "000002.json", "000003.json", "notes.txt"}));
}

TEST_F(RecorderTest, IsTheOnlyOneInItsFolder) {
  const auto first = open();
  const auto second = Recorder::open(files_, {.folder = "/record"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "another server records into /record");
}

TEST_F(RecorderTest, EndsAtItsLimit) {
  const auto recorder = open(400);
  for (int i = 0; i < 5; ++i) recorder->record(request());
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(RecorderTest, AFailureEndsItAndLeavesNoHalfFile) {
  for (const DiskCall call : {DiskCall::open, DiskCall::write, DiskCall::rename}) {
    const auto recorder = open();
    const size_t before = names().size();
    files_.fail_next(call);
    recorder->record(request());
    recorder->record(request());
    EXPECT_EQ(names().size(), before);
  }
}

TEST(Recording, OfTheApiHasWhatWasUnderstood) {
  const TemporaryFolder folder;
  const auto recorder = Recorder::open(real_files(), {.folder = folder.path() / "r"}).value();
  ApiOptions options = api_options();
  options.recorder = recorder.get();
  ServedApi served({}, options);
  ASSERT_TRUE(served.post("/v1/messages", question));
  ASSERT_TRUE(served.post("/v1/messages", "no JSON"));
  ASSERT_TRUE(served.post("/v1/messages", question, {{"x-api-key", "wrong"}}));
  namespace fs = std::filesystem;
  EXPECT_TRUE(fs::exists(folder.path() / "r/000001.json"));
  EXPECT_FALSE(fs::exists(folder.path() / "r/000002.json"));
  EXPECT_EQ(fs::status(folder.path() / "r/000001.json").permissions(), fs::perms(0600));
}

}  // namespace
}  // namespace anyclaude
