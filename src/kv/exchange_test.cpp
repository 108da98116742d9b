#include "kv/exchange.h"

#include <gtest/gtest.h>

#include "fakes/cache_user.h"

namespace anyclaude {
namespace {

constexpr uint64_t plenty = 1 << 20;
const std::filesystem::path file = "/export";
constexpr size_t flags_at = 12;

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    tokens_ = joined(counted_tokens(400), counted_tokens(300, 10'000));
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    // Another conversation parts in the middle of a range.
    user.store(counted_tokens(600));
    user.store(tokens_);
    user.store_point(Tokens(tokens_.begin(), tokens_.begin() + 300));
    user.store_point(tokens_, 1000);
    for (const auto& listed : user->list()) {
      if (listed.tokens == 700) key_ = listed.key;
    }
  }

  // Half of it in RAM, half of it on the disk.
  Result<Exchanged> exported(const std::string& team_key) {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    user->settle();
    user.restore(tokens_, 0, 300);
    return export_prompt(*user, key_, files_, file, team_key);
  }

  // Into an empty cache.
  Result<Exchanged> imported(const ImportOptions& options) {
    FaultyFiles files;
    CacheUser user(files, CacheUser::options(plenty));
    const auto result = import_prompt(*user, files_, file, options);
    stored_ = user->stats().ram.pieces;
    return result;
  }

  Error::Kind refused(const ImportOptions& options) {
    const auto result = imported(options);
    EXPECT_FALSE(result);
    EXPECT_EQ(stored_, 0u);
    return result ? Error::Kind::internal : result.error().kind;
  }

  FaultyFiles files_;
  Tokens tokens_;
  PieceKey key_;
  uint64_t stored_ = 0;
};

TEST_F(ExchangeTest, CarriesAPromptToAnotherMachine) {
  const auto written = exported("secret");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->tokens, 700u);
  EXPECT_EQ(written->pieces, 6u);
  EXPECT_EQ(written->bytes, 4 * 100 + 100 + 1000);
  EXPECT_EQ(written->note, "a note");
  FaultyFiles elsewhere;
  CacheUser user(elsewhere, CacheUser::options(plenty, plenty));
  const auto read = import_prompt(*user, files_, file, {.team_key = "secret"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->pieces_new, 6u);
  EXPECT_EQ(read->tokens, 700u);
  EXPECT_EQ(read->fingerprint, CacheUser::fingerprint);
  const auto restored = user.restore(tokens_, 0, 700, 700);
  EXPECT_EQ(restored.end, 700u);
  EXPECT_EQ(restored.point, 700u);
  EXPECT_EQ(user.restore(tokens_, 300, 300, 300).point, 300u);
  EXPECT_TRUE(user->list().at(0).imported);
  EXPECT_EQ(user->list().at(0).note, "a note");
  EXPECT_EQ(user->stats().disk.pieces, 6u);
  // What is there stays.
  const auto again = import_prompt(*user, files_, file, {.team_key = "secret"});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->pieces_new, 0u);
}

TEST_F(ExchangeTest, TellsHowFarItIs) {
  std::vector<double> fractions;
  const auto progress = [&](uint64_t bytes, uint64_t bytes_all) {
    ASSERT_GT(bytes_all, 0u);
    fractions.push_back(static_cast<double>(bytes) / static_cast<double>(bytes_all));
  };
  {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    user->settle();
    ASSERT_TRUE(export_prompt(*user, key_, files_, file, "", progress));
  }
  EXPECT_EQ(fractions.size(), 6u);
  EXPECT_GT(fractions.back(), 0.9);
  EXPECT_LE(fractions.back(), 1);
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
  fractions.clear();
  FaultyFiles elsewhere;
  CacheUser other(elsewhere, CacheUser::options(plenty, plenty));
  ASSERT_TRUE(import_prompt(*other, files_, file, {.trust = true}, progress));
  EXPECT_EQ(fractions.size(), 12u) << "it is read twice";
  EXPECT_GT(fractions.back(), 0.9);
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
}

TEST_F(ExchangeTest, TakesOnlyWhatSomebodyVouchesFor) {
  ASSERT_TRUE(exported("secret"));
  EXPECT_EQ(refused({}), Error::Kind::permission);
  EXPECT_EQ(refused({.team_key = "other"}), Error::Kind::permission);
  EXPECT_EQ(refused({.team_key = "other", .trust = true}), Error::Kind::permission);
  EXPECT_TRUE(imported({.trust = true}));
  ASSERT_TRUE(files_.remove(file));
  ASSERT_TRUE(exported(""));
  EXPECT_EQ(refused({.team_key = "secret"}), Error::Kind::permission);
  EXPECT_TRUE(imported({.team_key = "secret", .trust = true}));
  EXPECT_EQ(refused({.trust = true, .fingerprint = Fingerprint{1, 2}}),
            Error::Kind::invalid_request);
}

TEST_F(ExchangeTest, NoByteOfASignedFileMayDiffer) {
  ASSERT_TRUE(exported("secret"));
  const size_t size = files_.contents(file).size();
  for (size_t at = 0; at < size; at += at < 300 || at + 80 > size ? 1 : 37) {
    files_.flip(file, at);
    refused({.team_key = "secret"});
    // Whoever trusts also trusts a file that says it is not signed.
    if (at != flags_at) refused({.team_key = "secret", .trust = true});
    files_.flip(file, at);
  }
  EXPECT_TRUE(imported({.team_key = "secret"}));
}

TEST_F(ExchangeTest, AFileOfAnyLengthButItsOwnIsRefused) {
  for (const std::string team_key : {"", "secret"}) {
    ASSERT_TRUE(exported(team_key));
    const auto whole = files_.contents(file);
    for (size_t size = 0; size <= whole.size() + 1; size += size < 200 ? 1 : 13) {
      auto bytes = whole;
      bytes.resize(std::min(size, whole.size() + 1));
      if (bytes.size() == whole.size()) continue;
      files_.put(file, bytes);
      refused({.team_key = team_key, .trust = true});
    }
    ASSERT_TRUE(files_.remove(file));
  }
}

// Without a key nothing but the parser stands between the bytes and the cache.
TEST_F(ExchangeTest, WhatDoesNotParseIsRefusedAlsoWithTrust) {
  ASSERT_TRUE(exported(""));
  const auto whole = files_.contents(file);
  for (size_t at = 0; at < whole.size(); at += at < 400 ? 1 : 23) {
    for (const uint8_t mask : {0x01, 0x80, 0xff}) {
      files_.flip(file, at, mask);
      FaultyFiles elsewhere;
      CacheUser user(elsewhere, CacheUser::options(plenty));
      // A flip in what nothing checks (a mac, a note of the header) changes no piece.
      if (import_prompt(*user, files_, file, {.trust = true}) &&
          user.found(tokens_) == tokens_.size()) {
        EXPECT_EQ(user.restore(tokens_, 0, 700, 700).end, 700u);
      }
      files_.flip(file, at, mask);
    }
  }
}

TEST_F(ExchangeTest, SaysWhenItDoesNotFitIn) {
  ASSERT_TRUE(exported("secret"));
  FaultyFiles elsewhere;
  CacheUser small(elsewhere, CacheUser::options(250));
  const auto too_much = import_prompt(*small, files_, file, {.team_key = "secret"});
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().kind, Error::Kind::overloaded);
  CacheUser other(elsewhere, CacheUser::options(plenty));
  other.store(counted_tokens(100));
  const auto cut_otherwise = import_prompt(*other, files_, file, {.team_key = "secret"});
  ASSERT_FALSE(cut_otherwise);
  EXPECT_EQ(cut_otherwise.error().kind, Error::Kind::invalid_request);
}

TEST_F(ExchangeTest, AnExportThatFailsLeavesNothingBehind) {
  EXPECT_EQ(exported("").has_value(), true);
  EXPECT_FALSE(exported(""));  // a file of that name is there, and stays
  EXPECT_TRUE(files_.exists(file));
  ASSERT_TRUE(files_.remove(file));
  {
    CacheUser user(files_, CacheUser::options(plenty, plenty));
    user->settle();
    const auto missing = export_prompt(*user, {1, 2}, files_, file, "");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, Error::Kind::not_found);
    files_.fail_next(DiskCall::write, 1, 3);
    EXPECT_FALSE(export_prompt(*user, key_, files_, file, ""));
    EXPECT_FALSE(files_.exists(file));
    files_.fail_often(DiskCall::read, 1);
    EXPECT_FALSE(export_prompt(*user, key_, files_, file, ""));
    EXPECT_FALSE(files_.exists(file));
  }
}

}  // namespace
}  // namespace anyclaude
