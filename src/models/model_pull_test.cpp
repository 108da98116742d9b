#include "models/model_pull.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/bytes.h"
#include "base/sha256.h"
#include "fakes/faulty_files.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes_of(bytes));
  return hash.hex();
}

// A hub with one repository, "o/r". What goes wrong is said beforehand.
class FakeHub final : public Hub {
 public:
  HubResult<HubListing> list(const std::string& repository) override {
    ++listed;
    if (repository != "o/r") return std::unexpected(HubFailure{{Error::Kind::not_found, "none"}});
    HubListing listing{.revision = std::string(40, 'a')};
    for (const auto& [path, bytes] : files) {
      listing.files.push_back({path, bytes.size(), hash_of(path)});
    }
    return listing;
  }

  HubResult<void> fetch(const HubRange& range, const HubListener& listener) override {
    begins.push_back(range.begin);
    if (!failures.empty()) {
      const HubFailure failure = failures.front();
      failures.pop_front();
      return std::unexpected(failure);
    }
    const std::string& all = files[range.path];
    const uint64_t begin = ranges ? range.begin : 0;
    if (const auto begun = listener.begin(begin); !begun) {
      return std::unexpected(HubFailure{begun.error()});
    }
    const uint64_t end = begin + std::min<uint64_t>(all.size() - begin, bytes_most);
    for (uint64_t at = begin; at < end; at += 3) {
      const auto piece = std::string_view(all).substr(at, std::min<uint64_t>(3, end - at));
      if (const auto taken = listener.take(bytes_of(piece)); !taken) {
        return std::unexpected(HubFailure{taken.error()});
      }
    }
    if (end == all.size()) return {};
    return std::unexpected(HubFailure{{Error::Kind::upstream, "broke off"}, true});
  }

  std::string hash_of(const std::string& path) {
    return hashes.contains(path) ? hashes[path] : sha256_of(files[path]);
  }

  std::map<std::string, std::string> files;
  std::map<std::string, std::string> hashes;  // other ones than the files have
  std::deque<HubFailure> failures;
  uint64_t bytes_most = UINT64_MAX;  // of one answer, which then breaks off
  bool ranges = true;
  int listed = 0;
  std::vector<uint64_t> begins;
};

class ModelPullTest : public testing::Test {
 protected:
  ModelPullTest() {
    hub_.files["m-Q4_K_M.gguf"] = weights_;
    EXPECT_TRUE(files_.make_folder("/models"));
    hooks_.show = [this](std::string_view, Amount amount) { shown_.push_back(amount); };
    hooks_.wait = [this](milliseconds time) {
      waits_.push_back(time);
      return !stopped_;
    };
    hooks_.attempts_max = 3;
  }

  Result<Pulled> pull(const std::string& name = "o/r:Q4_K_M") {
    const PullPlace place{"/models", [this](const auto&) { return free_; }};
    return pull_model(*parse_model_name(name), files_, hub_, place, hooks_);
  }
  std::string part() const {
    return "/models/o/r/m-Q4_K_M.gguf." + sha256_of(weights_).substr(0, 16) + ".part";
  }
  std::string contents(const std::string& path) const {
    const auto bytes = files_.contents(path);
    return {bytes.begin(), bytes.end()};
  }
  void put(const std::string& path, std::string_view bytes) {
    EXPECT_TRUE(files_.make_folder("/models/o/r"));
    files_.put(path, {bytes.begin(), bytes.end()});
  }

  const std::string weights_ = "GGUF, and then the weights of a model";
  const std::string file_ = "/models/o/r/m-Q4_K_M.gguf";
  FaultyFiles files_;
  FakeHub hub_;
  PullHooks hooks_;
  uint64_t free_ = 1'000'000;
  bool stopped_ = false;
  std::vector<milliseconds> waits_;
  std::vector<Amount> shown_;
};

TEST_F(ModelPullTest, BringsAFileAndNothingElse) {
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_EQ(pulled->path, file_);
  EXPECT_EQ(pulled->bytes, weights_.size());
  EXPECT_EQ(pulled->bytes_fetched, weights_.size());
  EXPECT_EQ(contents(file_), weights_);
  EXPECT_EQ(files_.all_files().size(), 1u) << "no part, no lock";
  EXPECT_EQ(shown_.back().bytes, weights_.size());
  EXPECT_FLOAT_EQ(shown_.back().fraction, 1);
}

TEST_F(ModelPullTest, FetchesNothingThatIsThere) {
  ASSERT_TRUE(pull());
  hub_.begins.clear();
  const auto again = pull();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes_fetched, 0u);
  EXPECT_TRUE(hub_.begins.empty());
}

TEST_F(ModelPullTest, GoesOnAtAnyByte) {
  for (size_t cut = 0; cut <= weights_.size(); ++cut) {
    files_.remove_all("/models/o");
    put(part(), weights_.substr(0, cut));
    hub_.begins.clear();
    const auto pulled = pull();
    ASSERT_TRUE(pulled) << pulled.error().message;
    EXPECT_EQ(pulled->bytes_fetched, weights_.size() - cut);
    EXPECT_EQ(contents(file_), weights_);
    if (cut < weights_.size()) {
      EXPECT_EQ(hub_.begins, std::vector<uint64_t>{cut});
    }
    EXPECT_FALSE(files_.exists(part()));
  }
}

TEST_F(ModelPullTest, AsksAgainAsLongAsSomethingComes) {
  hub_.bytes_most = 4;
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_EQ(contents(file_), weights_);
  EXPECT_EQ(hub_.begins.size(), (weights_.size() + 3) / 4);
  EXPECT_EQ(pulled->bytes_fetched, weights_.size()) << "no byte twice";
}

TEST_F(ModelPullTest, BeginsAnewWhereTheServerDoesNotGoOn) {
  put(part(), weights_.substr(0, 10));
  hub_.ranges = false;
  ASSERT_TRUE(pull());
  EXPECT_EQ(contents(file_), weights_);
}

TEST_F(ModelPullTest, DoesNotAskForEverWhatNeverEnds) {
  hub_.ranges = false;
  hub_.bytes_most = 10;
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(hub_.begins.size(), 1u + 3u);
  EXPECT_NE(pulled.error().message.find("stay"), std::string::npos) << pulled.error().message;
}

TEST_F(ModelPullTest, WaitsLongerEachTimeAndAsLongAsItIsTold) {
  hub_.failures = {{{Error::Kind::upstream, "busy"}, true, std::nullopt},
                   {{Error::Kind::upstream, "busy"}, true, seconds(7)}};
  ASSERT_TRUE(pull());
  EXPECT_EQ(waits_, (std::vector<milliseconds>{milliseconds(1'000), milliseconds(7'000)}));
  hub_.files["m-Q4_K_M.gguf"] += "changed";
  hub_.failures.assign(9, {{Error::Kind::upstream, "busy"}, true, std::nullopt});
  const auto failed = pull();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "busy");
  EXPECT_EQ(hub_.failures.size(), 9u - 3u);
}

TEST_F(ModelPullTest, DoesNotAskAgainWhatIsRefused) {
  hub_.failures = {{{Error::Kind::permission, "not for you"}, false, std::nullopt}};
  EXPECT_EQ(pull().error().kind, Error::Kind::permission);
  EXPECT_TRUE(waits_.empty());
  EXPECT_EQ(pull("x/y:Q4_K_M").error().kind, Error::Kind::not_found);
  EXPECT_EQ(pull("o/r:Q8_0").error().kind, Error::Kind::not_found);
}

TEST_F(ModelPullTest, StopsWhenToldAndGoesOnLater) {
  hub_.bytes_most = 5;
  stopped_ = true;
  EXPECT_EQ(pull().error().kind, Error::Kind::cancelled);
  EXPECT_EQ(contents(part()), weights_.substr(0, 5));
  stopped_ = false;
  ASSERT_TRUE(pull());
  EXPECT_EQ(hub_.begins[1], 5u);
}

TEST_F(ModelPullTest, DeletesWhatIsNotWhatTheHubHas) {
  hub_.hashes["m-Q4_K_M.gguf"] = std::string(64, '0');
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_NE(pulled.error().message.find("SHA-256"), std::string::npos);
  EXPECT_TRUE(files_.all_files().empty());
}

TEST_F(ModelPullTest, FindsAPartThatWasDamagedMeanwhile) {
  put(part(), weights_.substr(0, 20));
  files_.flip(part(), 3);
  EXPECT_FALSE(pull());
  ASSERT_TRUE(pull()) << "the next time all of it is fetched";
  EXPECT_EQ(contents(file_), weights_);
}

TEST_F(ModelPullTest, DoesNotGlueTwoVersionsTogether) {
  put(part(), weights_.substr(0, 20));
  const std::string old_part = part();
  hub_.files["m-Q4_K_M.gguf"] = "GGUF of the next version, which is longer than the first";
  ASSERT_TRUE(pull());
  EXPECT_EQ(hub_.begins, std::vector<uint64_t>{0});
  EXPECT_EQ(contents(file_), hub_.files["m-Q4_K_M.gguf"]);
  EXPECT_FALSE(files_.exists(old_part)) << "nobody can use it any more";
}

TEST_F(ModelPullTest, ReplacesAFileThatHasChangedOrIsDamaged) {
  put(file_, std::string(weights_.size(), 'x'));
  ASSERT_TRUE(pull());
  EXPECT_EQ(contents(file_), weights_);
  hub_.files["m-Q4_K_M.gguf"] = "another version";
  ASSERT_TRUE(pull());
  EXPECT_EQ(contents(file_), "another version");
}

TEST_F(ModelPullTest, TakesNoMoreBytesThanTheFileHas) {
  hub_.files["m-Q4_K_M.gguf"] = weights_ + "more";
  put(part(), weights_.substr(0, 30));
  hub_.hashes["m-Q4_K_M.gguf"] = sha256_of(weights_);
  class LyingHub final : public Hub {
   public:
    explicit LyingHub(FakeHub& hub, uint64_t bytes) : hub_(hub), bytes_(bytes) {}
    HubResult<HubListing> list(const std::string& repository) override {
      auto listing = hub_.list(repository);
      listing->files[0].bytes = bytes_;
      return listing;
    }
    HubResult<void> fetch(const HubRange& range, const HubListener& listener) override {
      return hub_.fetch(range, listener);
    }

   private:
    FakeHub& hub_;
    const uint64_t bytes_;
  } lying(hub_, weights_.size());
  const PullPlace place{"/models", [](const auto&) { return uint64_t{1'000}; }};
  const auto pulled = pull_model(*parse_model_name("o/r:Q4_K_M"), files_, lying, place, hooks_);
  ASSERT_FALSE(pulled);
  EXPECT_NE(pulled.error().message.find("more bytes"), std::string::npos);
}

TEST_F(ModelPullTest, LooksForRoomBeforeItFetches) {
  free_ = weights_.size() - 1;
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().kind, Error::Kind::overloaded);
  EXPECT_TRUE(hub_.begins.empty());
  put(part(), weights_.substr(0, 1));
  EXPECT_TRUE(pull()) << "what is there needs no room";
}

TEST_F(ModelPullTest, KeepsWhatItHasWhenTheDiskIsFull) {
  files_.set_bytes_max(12);
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().kind, Error::Kind::overloaded);
  EXPECT_NE(pulled.error().message.find("the same command goes on"), std::string::npos);
  EXPECT_TRUE(waits_.empty()) << "asking again does not help";
  EXPECT_TRUE(files_.exists(part()));
  files_.set_bytes_max(UINT64_MAX);
  ASSERT_TRUE(pull());
  EXPECT_GT(hub_.begins.back(), 0u);
  EXPECT_EQ(contents(file_), weights_);
}

TEST_F(ModelPullTest, BringsAllPartsOfASplitModel) {
  hub_.files = {{"big/b-Q8_0-00001-of-00002.gguf", "first part"},
                {"big/b-Q8_0-00002-of-00002.gguf", "second"},
                {"mmproj-Q8_0.gguf", "eyes"}};
  const auto pulled = pull("o/r:Q8_0");
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_EQ(pulled->path, "/models/o/r/big/b-Q8_0-00001-of-00002.gguf");
  EXPECT_EQ(pulled->files, 2u);
  EXPECT_EQ(contents("/models/o/r/big/b-Q8_0-00002-of-00002.gguf"), "second");
  EXPECT_EQ(files_.all_files().size(), 2u);
}

TEST_F(ModelPullTest, IsRefusedWhileAnotherDoesIt) {
  EXPECT_TRUE(files_.make_folder("/models/o/r"));
  const auto lock = files_.try_lock(pull_lock(file_));
  ASSERT_TRUE(lock && *lock);
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().kind, Error::Kind::overloaded);
  EXPECT_TRUE(hub_.begins.empty());
}

TEST_F(ModelPullTest, IsWholeOrAbsentAfterACrashAtAnyPoint) {
  for (uint64_t calls = 1; calls < 40; ++calls) {
    files_.remove_all("/models/o");
    files_.crash_after(calls);
    auto pulled = pull();
    if (!files_.crashed()) {
      EXPECT_TRUE(pulled);
      return;
    }
    files_.restart();
    if (files_.exists(file_)) {
      EXPECT_EQ(contents(file_), weights_) << "after " << calls;
    }
    pulled = pull();
    if (!pulled) pulled = pull();  // half a write may be left in the part, which is deleted then
    ASSERT_TRUE(pulled) << "after " << calls << ": " << pulled.error().message;
    EXPECT_EQ(contents(file_), weights_);
  }
  FAIL() << "it never came to its end";
}

TEST(ModelPart, IsKnownByItsName) {
  EXPECT_EQ(file_of_part("m.gguf.0123456789abcdef.part"), "m.gguf");
  EXPECT_TRUE(is_part_of("m.gguf.0123456789abcdef.part", "m.gguf"));
  EXPECT_FALSE(is_part_of("m.gguf.0123456789abcdef.part", "n.gguf"));
  for (const char* other : {"m.gguf", "m.gguf.part", "m.gguf.0123.part", "x.part", ""}) {
    EXPECT_EQ(file_of_part(other), "") << other;
  }
}

}  // namespace
}  // namespace anyclaude
