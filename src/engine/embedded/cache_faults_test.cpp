// Whatever happens to the cache, the request is answered, as if there were none; a metric counts
// it, and the log says it. And what of a model's settings makes its state another, and what does
// not. With SmolLM2.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fakes/cached_engine.h"
#include "fakes/faulty_files.h"
#include "fakes/temporary_folder.h"
#include "fakes/test_models.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

// What is logged while this lives.
class Log {
 public:
  Log() : before_(spdlog::default_logger()) {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  }
  ~Log() { spdlog::set_default_logger(before_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool says(const std::string& words) const { return text_.str().find(words) != std::string::npos; }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_;
};

class CacheFaults : public testing::Test {
 protected:
  static std::string question(const std::string& kind) { return "Tell me " + words(30, kind); }

  // One answer of a server that then ends.
  CachedEngine::Outcome live(const std::string& asked) {
    CachedEngine engine(files_, choice_);
    return engine.answer(asked);
  }
  void expect_hit() { EXPECT_EQ(live(question("lake")).computed, 1u); }
  void expect_miss() {
    const auto outcome = live(question("lake"));
    EXPECT_EQ(outcome.computed, outcome.prompt);
    EXPECT_GT(outcome.prompt, 60u);
  }

  FaultyFiles files_;
  CachedEngine::Choice choice_ = CachedEngine::choice(test::smollm2());
};

TEST_F(CacheFaults, AFullDiskIsNotAsked) {
  const Log log;
  std::string cold;
  {
    files_.set_bytes_max(0);
    CachedEngine engine(files_, choice_);
    cold = engine.answer(question("river")).text;
    EXPECT_EQ(engine.answer(question("river")).computed, 1u);  // the cells have it
    engine.finish();
    EXPECT_GT(engine.metric("anyclaude_kv_disk_dropped_writes_total"), 0u);
    EXPECT_EQ(engine.cache().stats().disk.pieces, 0u);
  }
  EXPECT_TRUE(log.says("disk cache: ")) << log.text();
  files_.set_bytes_max(UINT64_MAX);
  const auto again = live(question("river"));
  EXPECT_EQ(again.computed, again.prompt);
  EXPECT_EQ(again.text, cold);
}

TEST_F(CacheFaults, ADiskThatCannotBeWrittenIsAMissLater) {
  const Log log;
  {
    CachedEngine engine(files_, choice_);
    files_.fail_often(DiskCall::write, 1);
    EXPECT_FALSE(engine.answer(question("river")).text.empty());
    engine.finish();
    EXPECT_GT(engine.metric("anyclaude_kv_disk_dropped_writes_total"), 0u);
  }
  EXPECT_TRUE(log.says("disk cache: ")) << log.text();
  files_.fail_often(DiskCall::write, 0);
  const auto again = live(question("river"));
  EXPECT_EQ(again.computed, again.prompt);
}

TEST_F(CacheFaults, WhatCannotBeReadIsComputedAgain) {
  const auto cold = live(question("river"));
  const Log log;
  CachedEngine engine(files_, choice_);
  files_.fail_often(DiskCall::read, 1);
  const auto again = engine.answer(question("river"));
  EXPECT_EQ(again.computed, again.prompt);
  EXPECT_EQ(again.text, cold.text);
  EXPECT_GT(engine.metric("anyclaude_kv_disk_read_failures_total"), 0u);
  EXPECT_GT(engine.metric("anyclaude_engine_restores_failed_total"), 0u);
  files_.fail_often(DiskCall::read, 0);
  engine.cache().settle();
  EXPECT_TRUE(log.says("cannot be read")) << log.text();
}

TEST_F(CacheFaults, AFolderThatIsDeletedIsMadeAnew) {
  const auto cold = live(question("river"));
  const Log log;
  {
    CachedEngine engine(files_, choice_);
    files_.remove_all("/cache");
    const auto again = engine.answer(question("river"));
    EXPECT_EQ(again.computed, again.prompt);
    EXPECT_EQ(again.text, cold.text);
    engine.finish();
    EXPECT_GT(engine.metric("anyclaude_kv_lost_pieces_total"), 0u);
  }
  EXPECT_TRUE(log.says("was deleted")) << log.text();
  EXPECT_EQ(live(question("river")).computed, 1u);
}

TEST_F(CacheFaults, AClockMayJump) {
  constexpr int64_t ten_years_s = 315'360'000;
  std::atomic<int64_t> now_s = 1'700'000'000;
  choice_.now_s = [&] { return now_s.load(); };
  const auto cold = live(question("river"));
  for (const int64_t jump_s : {-ten_years_s, 3 * ten_years_s, -4 * ten_years_s - now_s}) {
    now_s += jump_s;
    CachedEngine engine(files_, choice_);
    const auto warm = engine.answer(question("river"));
    EXPECT_EQ(warm.computed, 1u) << "at " << now_s;
    EXPECT_EQ(warm.text, cold.text);
    now_s += jump_s / 2;
    engine.answer("And " + std::to_string(now_s) + "?");
    engine.finish();
    EXPECT_EQ(engine.cache().verify().wrong, 0u);
    EXPECT_EQ(engine.metric("anyclaude_kv_disk_dropped_writes_total"), 0u);
  }
}

// ---- Whose state it is --------------------------------------------------------------------------

TEST_F(CacheFaults, OtherSettingsOfTheStateAreAMiss) {
  live(question("lake"));
  const EmbeddedOptions usual = choice_.engine;
  choice_.engine.kv_type_k = "q8_0";
  expect_miss();
  choice_.engine = usual;
  choice_.engine.flash_attention = "off";
  expect_miss();
  choice_.engine = usual;
  choice_.engine.override_kv = "llama.rope.freq_base=float:20000";
  expect_miss();
  choice_.engine = usual;
  expect_hit();
}

TEST_F(CacheFaults, OtherSizesAndPlacesAreAHit) {
  live(question("lake"));
  const TemporaryFolder folder;
  const fs::path copy = folder.path() / "another-name.gguf";
  fs::copy_file(choice_.engine.model_path, copy);
  choice_.engine.context_tokens = 512;
  choice_.engine.cache_cells = 2048;
  choice_.engine.sequences_max = 2;
  choice_.engine.threads = 2;
  choice_.engine.batch_tokens = 64;
  choice_.engine.model_path = copy;
  expect_hit();
}

// The hash is remembered by inode, size and time; a file that was replaced has others.
TEST_F(CacheFaults, AnotherModelUnderTheSameNameIsAMiss) {
  const TemporaryFolder folder;
  const fs::path model = folder.path() / "model.gguf";
  const fs::path other = folder.path() / "other.gguf";
  fs::copy_file(choice_.engine.model_path, model);
  fs::copy_file(choice_.engine.model_path, other);
  {
    std::fstream file(other, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-100, std::ios::end);  // a weight of the last tensor
    file.put('\x11');
  }
  choice_.engine.model_path = model;
  choice_.engine.identity_folder = folder.path() / "hashes";
  live(question("lake"));
  expect_hit();
  fs::rename(other, model);
  expect_miss();
  expect_hit();  // its own
}

}  // namespace
}  // namespace anyclaude
