// A prompt's text as token ids, exactly as libllama would tokenise it, but without doing the same
// text twice: the text is cut at its control tokens, where cuts are exact, and the tokens of each
// piece are remembered.
//
// Measured on the pinned source: cutting at control tokens gives the same ids; cutting elsewhere
// mostly does not. A second exact cut exists for SentencePiece vocabularies: between two characters
// that no token of the vocabulary joins, merges cannot cross. So their texts are cut at the ends of
// lines, some lines at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "kv/block.h"
#include "prompt/canonical.h"
#include "prompt/guard.h"

struct llama_model;
struct llama_vocab;

namespace anyclaude {

struct TokenisedPrompt {
  std::vector<Token> tokens;
  std::vector<uint32_t> save_points;  // CanonicalPrompt::save_points in tokens, rounded down
  PromptExtents extents;              // in tokens

  // Leaves what other prompts have too: up to the last save point in front of the messages.
  void cut_to_head();
};

// Thread-safe.
class Tokeniser {
 public:
  // `template_source`: markers that it writes count as special where the vocabulary knows them.
  // The model must outlive it.
  Tokeniser(const llama_model* model, std::string_view template_source, uint64_t memory_bytes_max,
            Metrics& metrics);

  // Hears the prompt's first tokens, each time that the last `fresh` of them were not remembered.
  using Progress = std::function<void(std::span<const Token> begun, size_t fresh)>;

  // What is remembered of the texts of one `sharing` (protocol/chat.h) serves no other.
  TokenisedPrompt tokenise(const CanonicalPrompt& prompt, std::string_view sharing = {},
                           const Progress& progress = {}) const;

  // A text of the program's own (markers, forced beginnings): special tokens are parsed anywhere.
  std::vector<Token> tokenise_markup(std::string_view text) const;

  // The text of one token; control tokens give nothing unless `special`.
  std::string piece(Token token, bool special) const;

  // Look-alikes of these must be kept out of a client's text.
  const Guard& guard() const { return guard_; }

  bool ends_generation(Token token) const;
  std::vector<std::string> generation_ends() const;  // the texts of those that do

 private:
  struct Remembered {
    std::string sharing;  // whose it is
    std::string text;
    std::vector<Token> tokens;
  };
  using Memory = std::list<Remembered>;                        // newest first
  using Name = std::pair<std::string_view, std::string_view>;  // sharing, text
  struct NameHash {
    size_t operator()(const Name& name) const {
      const std::hash<std::string_view> hash;
      return hash(name.second) ^ (hash(name.first) * 31);
    }
  };

  // One call of `tokenise`.
  struct Run {
    std::string_view sharing;
    const Progress& progress;
    std::vector<Token> tokens;
  };
  std::vector<uint32_t> places(std::span<const Token> tokens, size_t first,
                               std::span<const size_t> bytes) const;
  void append_segment(std::string_view text, Run& run) const;
  void append_fragment(std::string_view text, Run& run) const;
  void append_remembered(std::string_view text, Run& run) const;
  bool append_from_memory(std::string_view text, Run& run) const;
  void remember(std::string_view text, std::string_view sharing, std::vector<Token> tokens) const;
  std::vector<Token> tokenise_text(std::string_view text) const;

  // Constant after construction.
  const llama_vocab* vocab_;
  std::unordered_map<std::string, Token> special_;
  std::vector<bool> strips_left_;  // by token: swallows the blanks before it
  std::vector<bool> strips_right_;
  std::vector<uint16_t> piece_bytes_;  // by token: length of its text
  Guard guard_;
  std::array<bool, 256> cuts_before_{};  // by byte: a cut between a line's end and it is exact
  uint64_t memory_bytes_max_;
  Counter& tokenised_bytes_;
  Counter& remembered_bytes_;

  mutable Mutex mutex_;
  mutable Memory memory_ GUARDED_BY(mutex_);
  mutable std::unordered_map<Name, Memory::iterator, NameHash> index_ GUARDED_BY(mutex_);
  mutable uint64_t memory_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace anyclaude
