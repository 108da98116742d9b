// Files of the cache that somebody has changed, with right checksums too: a miss or the untouched
// bytes, whatever was done. Each is tried with the snapshot, where the reader knows what must be
// there, and without it, where the file is all there is to go by.
//
// ANYCLAUDE_TEST_MUTATIONS is how many must have been refused (1,000 of each kind of file).
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "fakes/cache_user.h"
#include "fakes/environment_number.h"
#include "fakes/mutations.h"
#include "kv/exchange.h"

namespace anyclaude {
namespace {

using Path = std::filesystem::path;
using Blob = std::vector<uint8_t>;

constexpr uint64_t plenty = 1 << 20;

uint64_t wanted_refusals() { return environment_number("ANYCLAUDE_TEST_MUTATIONS", 1000); }

class Quiet {
 public:
  Quiet() { spdlog::set_level(spdlog::level::off); }  // it complains about the files, rightly
  ~Quiet() { spdlog::set_level(spdlog::level::info); }
};

struct Prompt {
  Fingerprint fingerprint;
  Tokens tokens;
  std::vector<uint32_t> points;
};

std::vector<Prompt> prompts() {
  const Fingerprint one = CacheUser::fingerprint;
  return {{one, counted_tokens(600), {600}},
          // It parts from the first in the middle of a range.
          {one, joined(counted_tokens(400), counted_tokens(300, 10'000)), {300, 700}},
          {{9, 9}, counted_tokens(300), {300}}};
}

void store(CacheUser& user, const Prompt& prompt) {
  user.store(prompt.tokens, 100, KeepClass::main, prompt.fingerprint);
  for (const uint32_t point : prompt.points) {
    const Tokens front(prompt.tokens.begin(), prompt.tokens.begin() + point);
    ASSERT_TRUE(user.store_point(front, 150, KeepClass::main, prompt.fingerprint));
  }
}

struct Counts {
  uint64_t refused = 0;
  uint64_t untouched = 0;
  std::map<std::string, uint64_t> refused_by_kind;
};

std::string print(const Counts& counts) {
  std::string text = std::to_string(counts.refused) + " refused, " +
                     std::to_string(counts.untouched) + " gave the untouched bytes;";
  for (const auto& [kind, count] : counts.refused_by_kind) {
    text += " " + kind + " " + std::to_string(count);
  }
  return text;
}

class MutatedPieces : public testing::Test {
 protected:
  MutatedPieces() {
    FaultyFiles files;
    {
      CacheUser user(files, CacheUser::options(plenty, plenty));
      for (const Prompt& prompt : prompts_) store(user, prompt);
    }
    for (const Path& path : files.all_files()) {
      if (path.filename() == "lock") continue;
      files_[path] = files.contents(path);
      if (parse_piece_name(path.filename().string())) pieces_.push_back(path);
    }
  }

  // Changes a file as one of many hands would; says how.
  std::string mutate(Blob& file, bool known) {
    switch (random_() % 8) {
      case 0:
      case 1:
        return damage(file, random_);
      case 2: {
        const Blob& other = files_.at(pieces_[random_() % pieces_.size()]);
        if (other == file) file.pop_back();
        file = other;
        return "another's";
      }
      case 3: {
        set_number(file, piece_version_at, 4, random_() % 2 == 0 ? 0 : 2 + random_() % 9);
        repair_head(file);
        return "version";
      }
      case 4: {
        const uint64_t tokens = number_at(file, 28, 4);
        if (tokens == 0) return damage(file, random_);
        file[piece_tokens_at + random_() % (4 * tokens)] ^= 1;
        repair_head(file);
        return "a token";
      }
      case 5: {
        // Who writes a right checksum under other bytes deceives only who knows nothing better.
        file.back() ^= 1;
        if (known) repair_all(file);
        return "payload";
      }
      default:
        return change_field(file, random_);
    }
  }

  // Asks for all prompts; true: something was missing.
  bool ask(FaultyFiles& files) {
    bool missed = false;
    CacheUser user(files, CacheUser::options(plenty, plenty));
    user->settle();
    for (const Prompt& prompt : prompts_) {
      const auto size = static_cast<uint32_t>(prompt.tokens.size());
      for (const uint32_t point : prompt.points) {
        const auto restored = user.restore(prompt.tokens, 0, size, point, prompt.fingerprint);
        missed = missed || restored.end < size || restored.point != point;
      }
    }
    EXPECT_EQ(user->verify().wrong, 0u);  // what was wrong is gone
    EXPECT_LE(user->stats().disk.bytes, plenty);
    return missed;
  }

  std::mt19937_64 random_{1};
  const std::vector<Prompt> prompts_ = prompts();
  std::map<Path, Blob> files_;
  std::vector<Path> pieces_;
};

TEST_F(MutatedPieces, AreAMissOrTheUntouchedBytes) {
  const Quiet quiet;
  const uint64_t wanted = wanted_refusals();
  Counts counts;
  for (uint64_t i = 0; counts.refused < wanted; ++i) {
    ASSERT_LT(i, 2 * wanted) << "too few were refused";
    const bool known = i % 2 == 0;
    const Path& path = pieces_[random_() % pieces_.size()];
    FaultyFiles files;
    ASSERT_TRUE(files.make_folder(path.parent_path()));
    for (const auto& [name, bytes] : files_) {
      if (known || name.filename() != "index") files.put(name, bytes);
    }
    Blob file = files_.at(path);
    const std::string kind = mutate(file, known);
    if (file == files_.at(path)) continue;
    files.put(path, file);
    const bool refused = ask(files);
    ++(refused ? counts.refused : counts.untouched);
    if (refused) ++counts.refused_by_kind[kind];
    if (HasFailure()) FAIL() << "mutation " << i << " (" << kind << ") of " << path;
  }
  std::cout << "pieces: " << print(counts) << "\n";
}

// The file of an exported prompt, in parts: the header, the pieces, the end; each with its mac.
struct Exported {
  static constexpr size_t mac_bytes = 32;
  static constexpr size_t note_bytes_at = 29;
  Blob header;
  std::vector<Blob> pieces;
  Blob end;

  explicit Exported(const Blob& file) {
    size_t at = note_bytes_at + 1 + file[note_bytes_at];
    header.assign(file.begin(), file.begin() + static_cast<ptrdiff_t>(at));
    at += mac_bytes;
    while (file[at] == 1) {
      const Blob rest(file.begin() + static_cast<ptrdiff_t>(at) + 1, file.end());
      const size_t bytes = number_at(rest, 12, 4) + number_at(rest, 80, 8);
      pieces.emplace_back(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(bytes));
      at += 1 + bytes + mac_bytes;
    }
    end.assign(file.begin() + static_cast<ptrdiff_t>(at), file.end());
  }

  Blob joined() const {
    const Blob mac(mac_bytes, 0);
    Blob file = header;
    file.insert(file.end(), mac.begin(), mac.end());
    for (const Blob& piece : pieces) {
      file.push_back(1);
      file.insert(file.end(), piece.begin(), piece.end());
      file.insert(file.end(), mac.begin(), mac.end());
    }
    file.insert(file.end(), end.begin(), end.end());
    return file;
  }
};

class MutatedExports : public testing::Test {
 protected:
  MutatedExports() {
    CacheUser user(files_, CacheUser::options(plenty));
    for (const Prompt& prompt : prompts_) store(user, prompt);
    for (const auto& listed : user->list()) {
      const Path path = "/export" + std::to_string(exports_.size());
      EXPECT_TRUE(export_prompt(*user, listed.key, files_, path, ""));
      exports_.push_back(files_.contents(path));
      EXPECT_EQ(Exported(exports_.back()).joined(), exports_.back());
    }
  }

  std::string mutate(Blob& file) {
    Exported parts(file);
    Blob& piece = parts.pieces[random_() % parts.pieces.size()];
    std::string kind;
    switch (random_() % 8) {
      case 0:
        return damage(file, random_);
      case 1:
        std::swap(piece, parts.pieces[random_() % parts.pieces.size()]);
        kind = "order";
        break;
      case 2:
        parts.pieces.erase(parts.pieces.begin() + (&piece - parts.pieces.data()));
        kind = "a piece less";
        break;
      case 3: {
        const Exported other(exports_[random_() % exports_.size()]);
        piece = other.pieces[random_() % other.pieces.size()];
        kind = "another's";
        break;
      }
      case 4:
        set_number(piece, piece_version_at, 4, 2 + random_() % 9);
        repair_head(piece);
        kind = "version";
        break;
      case 5: {
        const size_t at = random_() % parts.header.size();
        parts.header[at] ^= static_cast<uint8_t>(1u << random_() % 8);
        kind = "header";
        break;
      }
      default:
        kind = change_field(piece, random_);
        break;
    }
    file = parts.joined();
    return kind;
  }

  // Whether the file is refused. What is taken must be right.
  bool refused(const Blob& file, const std::string& team_key) {
    files_.put("/mutated", file);
    FaultyFiles elsewhere;
    CacheUser user(elsewhere, CacheUser::options(plenty));
    const auto read =
        import_prompt(*user, files_, "/mutated", {.team_key = team_key, .trust = true});
    if (!read) {
      EXPECT_EQ(user->stats().ram.pieces, 0u);
      EXPECT_FALSE(read.error().message.empty());
    }
    for (const Prompt& prompt : prompts_) {
      const auto found = user->find(prompt.fingerprint, prompt.tokens, true);
      if (!found.prefix) continue;
      const uint32_t point = found.points.empty() ? 0 : found.points.back();
      const auto restored = user.restore_found(found, prompt.tokens, 0, found.ranges_end, point);
      EXPECT_EQ(restored.end, found.ranges_end);
      EXPECT_FALSE(restored.failed);
    }
    return !read;
  }

  FaultyFiles files_;
  std::mt19937_64 random_{1};
  const std::vector<Prompt> prompts_ = prompts();
  std::vector<Blob> exports_;
};

TEST_F(MutatedExports, AreRefusedOrHaveTheUntouchedBytes) {
  const uint64_t wanted = wanted_refusals();
  Counts counts;
  for (uint64_t i = 0; counts.refused < wanted; ++i) {
    ASSERT_LT(i, 2 * wanted) << "too few were refused";
    const Blob& whole = exports_[i % exports_.size()];
    Blob file = whole;
    const std::string kind = mutate(file);
    if (file == whole) continue;
    const bool was_refused = refused(file, "");
    ++(was_refused ? counts.refused : counts.untouched);
    if (was_refused) ++counts.refused_by_kind[kind];
    if (HasFailure()) FAIL() << "mutation " << i << " (" << kind << ")";
  }
  std::cout << "exported prompts: " << print(counts) << "\n";
}

}  // namespace
}  // namespace anyclaude
