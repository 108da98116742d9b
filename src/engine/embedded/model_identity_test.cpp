#include "engine/embedded/model_identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/embedded/model.h"
#include "fakes/test_models.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class ContentHash : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  Hash128 hash(const char* name) const { return content_hash(folder_ / name, memory_).value(); }

  const fs::path folder_ = fs::path(testing::TempDir()) / "content_hash";
  const fs::path memory_ = folder_ / "memory";
};

TEST_F(ContentHash, DependsOnTheContentAlone) {
  write(folder_ / "a", "one");
  write(folder_ / "b", "one");
  write(folder_ / "c", "two");
  EXPECT_EQ(hash("a"), hash("b"));
  EXPECT_NE(hash("a"), hash("c"));
  EXPECT_FALSE(content_hash(folder_ / "none", memory_));
}

TEST_F(ContentHash, IsRememberedUntilTheFileChanges) {
  write(folder_ / "a", "one");
  const Hash128 read = hash("a");
  const fs::path remembered = fs::directory_iterator(memory_)->path();
  // What is remembered is believed ...
  write(remembered, to_hex({1, 2}));
  EXPECT_EQ(hash("a"), (Hash128{1, 2}));
  // ... but nothing else than a hash is.
  write(remembered, "nonsense");
  EXPECT_EQ(hash("a"), read);
  // Another file under the same name, of the same size.
  fs::remove(folder_ / "a");
  write(folder_ / "b", "keeps the inode");
  write(folder_ / "a", "two");
  EXPECT_NE(hash("a"), read);
}

class FingerprintTest : public testing::Test {
 protected:
  static Fingerprint of(const std::function<void(EmbeddedOptions&)>& change) {
    EmbeddedOptions options;
    options.model_path = test::smollm2();
    options.context_tokens = 512;
    options.cache_cells = 512;
    options.sequences_max = 2;
    options.flash_attention = "on";
    change(options);
    auto model = Model::load(options, [](float) { return true; });
    EXPECT_TRUE(model) << model.error().message;
    const auto found = fingerprint_of(options, (*model)->model(), (*model)->context());
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  }
};

TEST_F(FingerprintTest, ChangesWithWhatStateDependsOn) {
  const Fingerprint plain = of([](EmbeddedOptions&) {});
  EXPECT_NE(of([](EmbeddedOptions& o) { o.kv_type_k = "q8_0"; }), plain);
  EXPECT_NE(of([](EmbeddedOptions& o) { o.kv_type_v = "q8_0"; }), plain);
  EXPECT_NE(of([](EmbeddedOptions& o) { o.flash_attention = "off"; }), plain);
  EXPECT_NE(of([](EmbeddedOptions& o) { o.override_kv = "llama.rope.freq_base=float:5000"; }),
            plain);
}

TEST_F(FingerprintTest, StaysWithWhatStateDoesNotDependOn) {
  const Fingerprint plain = of([](EmbeddedOptions&) {});
  EXPECT_EQ(of([](EmbeddedOptions& o) { o.context_tokens = o.cache_cells = 1024; }), plain);
  EXPECT_EQ(of([](EmbeddedOptions& o) { o.sequences_max = 3; }), plain);
  EXPECT_EQ(of([](EmbeddedOptions& o) { o.threads = 1; }), plain);
  EXPECT_EQ(of([](EmbeddedOptions& o) { o.batch_tokens = 64; }), plain);
  EXPECT_EQ(of([](EmbeddedOptions& o) { o.kv_type_k = "f16"; }), plain);  // the default
  EXPECT_EQ(of([](EmbeddedOptions& o) {
              const fs::path link = fs::path(testing::TempDir()) / "another name.gguf";
              fs::remove(link);
              fs::create_symlink(o.model_path, link);
              o.model_path = link;
            }),
            plain);
}

}  // namespace
}  // namespace anyclaude
