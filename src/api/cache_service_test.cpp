#include "api/cache_service.h"

#include <gtest/gtest.h>

#include "fakes/cache_user.h"
#include "kv/note.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;

class CacheServiceTest : public testing::Test {
 protected:
  CacheServiceTest() : user_(files_, CacheUser::options(plenty, plenty)) {}

  void store(const Tokens& tokens, const PromptNote& note, const Fingerprint& fingerprint) {
    const PieceKey key = piece_key(PieceKind::range, fingerprint, 0, tokens);
    ASSERT_TRUE(user_->store_range(fingerprint, tokens, 0, payload_of(key, 100),
                                   {.note = encode_note(note)}));
    user_.now_s += 100;
  }
  void store_three() {
    store(counted_tokens(100), {"model-a", "", "the first words"}, {1, 1});
    store(counted_tokens(200), {"model-a", "group team", "others' words"}, {1, 2});
    store(counted_tokens(50), {"model-b", "", "of b"}, {2, 1});
  }
  size_t stored() { return service_.list(100).prompts.size(); }

  FaultyFiles files_;
  CacheUser user_;
  PinnedPrompts pinned_;
  CacheService service_{*user_, files_, user_.metrics, "/cache", pinned_};
};

TEST_F(CacheServiceTest, TellsWhatIsThere) {
  EXPECT_EQ(service_.list(10).count, 0u);
  store_three();
  user_->settle();
  const CacheReport report = service_.report();
  EXPECT_EQ(report.folder, "/cache");
  EXPECT_EQ(report.ram.pieces, 3u);
  EXPECT_EQ(report.disk.tokens, 350u);
  EXPECT_EQ(report.disk.bytes_max, plenty);
  EXPECT_TRUE(report.writes);
  const PromptList list = service_.list(2);
  EXPECT_EQ(list.count, 3u);
  ASSERT_EQ(list.prompts.size(), 2u);
  EXPECT_EQ(list.prompts[0].words, "of b");
  EXPECT_EQ(list.prompts[1].model, "model-a");
  EXPECT_EQ(list.prompts[1].sharing, "group team");
  EXPECT_EQ(list.prompts[1].tokens, 200u);
  EXPECT_EQ(list.prompts[1].id.size(), 32u);
  EXPECT_TRUE(list.prompts[1].in_ram && list.prompts[1].on_disk);
}

TEST_F(CacheServiceTest, ShowsTheTreeAndPinsAndPrunesBranches) {
  store_three();
  const BranchList list = service_.branches(2);
  ASSERT_EQ(list.nodes.size(), 2u);
  const BranchReport& largest = list.nodes[0];
  EXPECT_EQ(largest.words, "others' words");
  EXPECT_EQ(largest.sharing, "group team");
  EXPECT_EQ(largest.parent, "");
  EXPECT_FALSE(largest.pinned);

  EXPECT_TRUE(service_.pin({.prompt = largest.id}));
  EXPECT_TRUE(service_.branches(1).nodes[0].pinned);
  EXPECT_EQ(to_hex(pinned_.list().at(0)), largest.id);
  for (const PromptReport& prompt : service_.list(9).prompts) {
    EXPECT_EQ(prompt.pinned, prompt.id == largest.id);
  }
  EXPECT_EQ(service_.prune({.branch = largest.id})->bytes, 0u);
  EXPECT_TRUE(service_.pin({.prompt = largest.id.substr(0, 8), .pinned = false}));
  EXPECT_TRUE(pinned_.list().empty());
  EXPECT_GT(service_.prune({.branch = largest.id})->bytes, 0u);
  EXPECT_EQ(stored(), 2u);

  EXPECT_EQ(service_.pin({.prompt = "x"}).error().kind, Error::Kind::invalid_request);
  EXPECT_EQ(service_.pin({.prompt = largest.id}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(service_.prune({.branch = largest.id}).error().kind, Error::Kind::not_found);
  EXPECT_FALSE(service_.prune({.prompt = largest.id, .branch = largest.id}));
}

TEST_F(CacheServiceTest, VerifyTellsHowFarItIsAndCanBeEnded) {
  store_three();
  std::vector<uint64_t> heard;
  const auto report = service_.verify([&](const VerifyReport& so_far) {
    EXPECT_EQ(so_far.pieces_all, 3u);
    EXPECT_FALSE(so_far.done);
    heard.push_back(so_far.pieces);
    return true;
  });
  EXPECT_EQ(heard, (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_TRUE(report.done);
  EXPECT_EQ(report.pieces, 3u);
  EXPECT_EQ(report.wrong, 0u);
  const auto ended = service_.verify([](const VerifyReport& so_far) { return so_far.pieces < 1; });
  EXPECT_FALSE(ended.done);
  EXPECT_EQ(ended.pieces, 1u);
}

TEST_F(CacheServiceTest, VerifyCountsEachWrongFileOnce) {
  store_three();
  user_->settle();
  size_t at = 0;  // in the head of one, in the payload of another
  for (const auto& path : files_.all_files()) {
    if (path.extension() != ".range" || at == 2) continue;
    files_.flip(path, at++ == 0 ? 20 : files_.contents(path).size() - 3);
  }
  ASSERT_EQ(at, 2u);
  const auto all = [](const VerifyReport&) { return true; };
  EXPECT_EQ(service_.verify(all).wrong, 2u);
  const auto again = service_.verify(all);
  EXPECT_EQ(again.wrong, 0u);
  EXPECT_EQ(again.pieces, 1u);
}

TEST_F(CacheServiceTest, PrunesByModelTimeSizeOrPrompt) {
  store_three();
  EXPECT_GT(service_.prune({.model = "model-b"})->bytes, 0u);
  EXPECT_EQ(stored(), 2u);
  EXPECT_EQ(service_.prune({.unused_since_s = user_.now_s - 250, .model = "model-a"})->bytes > 0,
            true);
  EXPECT_EQ(stored(), 1u);
  EXPECT_EQ(service_.list(1).prompts[0].tokens, 200u);
  EXPECT_EQ(service_.prune({.unused_since_s = 0})->bytes, 0u);
  const std::string id = service_.list(1).prompts[0].id;
  EXPECT_GT(service_.prune({.prompt = id.substr(0, 8)})->bytes, 0u);
  EXPECT_EQ(stored(), 0u);
  store_three();
  EXPECT_GT(service_.prune({.disk_bytes_max = 1})->bytes, 0u);
  EXPECT_EQ(service_.report().disk.pieces, 0u);
}

TEST_F(CacheServiceTest, PruneNeedsOneWayToSayWhatGoes) {
  store_three();
  for (const PruneOrder& order :
       {PruneOrder{}, PruneOrder{.disk_bytes_max = 0, .model = "model-a"},
        PruneOrder{.unused_since_s = 1, .prompt = "12345"}, PruneOrder{.prompt = "123"}}) {
    const auto pruned = service_.prune(order);
    ASSERT_FALSE(pruned);
    EXPECT_EQ(pruned.error().kind, Error::Kind::invalid_request);
  }
  EXPECT_EQ(service_.prune({.model = "model-c"}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(service_.prune({.prompt = "gggg"}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(stored(), 3u);
}

// What a conversation shares with others stays when it goes: also the rest of the block in whose
// middle they part, because that is one piece.
TEST_F(CacheServiceTest, APromptGoesWithoutWhatOthersShare) {
  user_.store(joined(counted_tokens(300), counted_tokens(600, 10'000)));
  user_.store(joined(counted_tokens(300), counted_tokens(50, 20'000)));
  const auto list = service_.list(10);
  ASSERT_EQ(list.prompts.size(), 2u);
  const auto& longer = list.prompts[list.prompts[0].tokens == 900 ? 0 : 1];
  EXPECT_GT(service_.prune({.prompt = longer.id})->bytes, 0u);
  EXPECT_EQ(user_.found(joined(counted_tokens(300), counted_tokens(600, 10'000))), 512u);
  EXPECT_EQ(user_.found(joined(counted_tokens(300), counted_tokens(50, 20'000))), 350u);
}

TEST_F(CacheServiceTest, ExportsAndImports) {
  store_three();
  const std::string id = service_.list(1).prompts[0].id;
  const auto exported = service_.export_prompt({.prompt = id, .path = "/file", .team_key = "k"});
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(exported->words, "of b");
  EXPECT_EQ(exported->tokens, 50u);
  // Nothing is written over, and nothing left out of an order is guessed.
  EXPECT_FALSE(service_.export_prompt({.prompt = id, .path = "/file"}));
  EXPECT_EQ(service_.export_prompt({.prompt = id, .path = "file"}).error().kind,
            Error::Kind::invalid_request);
  EXPECT_EQ(service_.export_prompt({.prompt = "0000000000", .path = "/new"}).error().kind,
            Error::Kind::not_found);
  EXPECT_FALSE(files_.exists("/new"));

  EXPECT_EQ(service_.import_prompt({.path = "/file"}).error().kind, Error::Kind::permission);
  EXPECT_EQ(service_.import_prompt({.path = "/file", .team_key = "k"})->pieces_new, 0u);
  ASSERT_TRUE(service_.prune({.prompt = id}));
  const auto imported = service_.import_prompt({.path = "/file", .team_key = "k"});
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->pieces_new, 1u);
  EXPECT_EQ(imported->model, "model-b");
  EXPECT_TRUE(service_.list(1).prompts[0].imported);
}

}  // namespace
}  // namespace anyclaude
