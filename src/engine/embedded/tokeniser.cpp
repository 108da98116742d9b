#include "engine/embedded/tokeniser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/embedded/metadata.h"
#include "llama.h"

namespace anyclaude {
namespace {

// Shorter pieces cost more to look up than to tokenise.
constexpr size_t remembered_bytes_min = 48;
// libllama looks for each of thousands of added tokens in every text that it is given, so cutting
// off every line costs more than it saves.
constexpr size_t cut_bytes_min = 512;

std::string token_text(const llama_vocab* vocab, Token token, bool special) {
  std::array<char, 256> small;
  int32_t n = llama_token_to_piece(vocab, token, small.data(), small.size(), 0, special);
  if (n >= 0) return std::string(small.data(), static_cast<size_t>(n));
  std::string large(static_cast<size_t>(-n), '\0');
  n = llama_token_to_piece(vocab, token, large.data(), -n, 0, special);
  large.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return large;
}

bool has(const llama_vocab* vocab, Token token, llama_token_attr attribute) {
  return (llama_vocab_get_attr(vocab, token) & attribute) != 0;
}

bool adds_space_prefix(const llama_model* model) {
  // Absent means yes for SentencePiece vocabularies (llama-vocab.cpp).
  return metadata_of(model, "tokenizer.ggml.add_space_prefix") != "false";
}

// Special are control tokens, and tokens of the user-defined kind that the template writes as
// markup ("<tool_call>", "</think>"): a client's text must not produce those either.
std::unordered_map<std::string, Token> special_tokens(const llama_vocab* vocab,
                                                      std::string_view template_source) {
  std::unordered_map<std::string, Token> special;
  const Token count = llama_vocab_n_tokens(vocab);
  for (Token token = 0; token < count; ++token) {
    const bool control = has(vocab, token, LLAMA_TOKEN_ATTR_CONTROL) ||
                         has(vocab, token, LLAMA_TOKEN_ATTR_UNKNOWN) ||
                         llama_vocab_is_eog(vocab, token);
    const bool user_defined = has(vocab, token, LLAMA_TOKEN_ATTR_USER_DEFINED);
    if (!control && !user_defined) continue;
    std::string text = token_text(vocab, token, true);
    if (text.size() < 2) continue;
    const bool markup = (text.front() == '<' || text.front() == '[') &&
                        template_source.find(text) != std::string_view::npos;
    if (control || markup) special.emplace(std::move(text), token);
  }
  return special;
}

std::vector<std::string> texts_of(const std::unordered_map<std::string, Token>& special) {
  std::vector<std::string> texts;
  texts.reserve(special.size());
  for (const auto& [text, token] : special) texts.push_back(text);
  return texts;
}

// By byte: no token's text goes on with it behind a line's end, so no merge can join the two.
std::array<bool, 256> never_after_newline(const llama_vocab* vocab) {
  std::array<bool, 256> never;
  never.fill(true);
  const Token count = llama_vocab_n_tokens(vocab);
  for (Token token = 0; token < count; ++token) {
    const std::string_view text = llama_vocab_get_text(vocab, token);
    for (size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
      if (i + 1 < text.size()) never[static_cast<uint8_t>(text[i + 1])] = false;
    }
  }
  // Blanks stand there as U+2581.
  never[' '] = never[0xe2];
  return never;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

Tokeniser::Tokeniser(const llama_model* model, std::string_view template_source,
                     uint64_t memory_bytes_max, Metrics& metrics)
    : vocab_(llama_model_get_vocab(model)),
      special_(special_tokens(vocab_, template_source)),
      guard_(texts_of(special_)),
      memory_bytes_max_(memory_bytes_max),
      tokenised_bytes_(metrics.counter("anyclaude_tokeniser_bytes_total",
                                       "Bytes of prompt text by where their tokens came from.",
                                       {{"from", "tokenised"}})),
      remembered_bytes_(
          metrics.counter("anyclaude_tokeniser_bytes_total", "", {{"from", "remembered"}})) {
  const auto count = static_cast<size_t>(llama_vocab_n_tokens(vocab_));
  strips_left_.resize(count);
  strips_right_.resize(count);
  piece_bytes_.resize(count);
  for (size_t token = 0; token < count; ++token) {
    piece_bytes_[token] = static_cast<uint16_t>(piece(static_cast<Token>(token), true).size());
  }
  for (const auto& [text, token] : special_) {
    strips_left_[static_cast<size_t>(token)] = has(vocab_, token, LLAMA_TOKEN_ATTR_LSTRIP);
    strips_right_[static_cast<size_t>(token)] = has(vocab_, token, LLAMA_TOKEN_ATTR_RSTRIP);
  }
  if (llama_vocab_type(vocab_) == LLAMA_VOCAB_TYPE_SPM && !adds_space_prefix(model)) {
    cuts_before_ = never_after_newline(vocab_);
  }
}

std::vector<Token> Tokeniser::tokenise_text(std::string_view text) const {
  std::vector<Token> tokens(text.size() + 8);
  const auto length = static_cast<int32_t>(text.size());
  int32_t n = llama_tokenize(vocab_, text.data(), length, tokens.data(),
                             static_cast<int32_t>(tokens.size()), false, false);
  if (n < 0) {
    tokens.resize(static_cast<size_t>(-n));
    n = llama_tokenize(vocab_, text.data(), length, tokens.data(), -n, false, false);
  }
  tokens.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return tokens;
}

std::vector<Token> Tokeniser::tokenise_markup(std::string_view text) const {
  std::vector<Token> tokens(text.size() + 8);
  const int32_t n = llama_tokenize(vocab_, text.data(), static_cast<int32_t>(text.size()),
                                   tokens.data(), static_cast<int32_t>(tokens.size()), false, true);
  tokens.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return tokens;
}

std::string Tokeniser::piece(Token token, bool special) const {
  return token_text(vocab_, token, special);
}

bool Tokeniser::ends_generation(Token token) const { return llama_vocab_is_eog(vocab_, token); }

std::vector<std::string> Tokeniser::generation_ends() const {
  std::vector<std::string> ends;
  for (const auto& [text, token] : special_) {
    if (ends_generation(token)) ends.push_back(text);
  }
  return ends;
}

bool Tokeniser::append_from_memory(std::string_view text, Run& run) const {
  const MutexLock lock(mutex_);
  const auto found = index_.find({run.sharing, text});
  if (found == index_.end()) return false;
  memory_.splice(memory_.begin(), memory_, found->second);
  const std::vector<Token>& known = memory_.front().tokens;
  run.tokens.insert(run.tokens.end(), known.begin(), known.end());
  remembered_bytes_.add(text.size());
  return true;
}

void Tokeniser::remember(std::string_view text, std::string_view sharing,
                         std::vector<Token> tokens) const {
  const auto name_of = [](const Remembered& r) { return Name(r.sharing, r.text); };
  const auto bytes = [](const Remembered& r) {
    return r.sharing.size() + r.text.size() + r.tokens.size() * sizeof(Token) +
           128;  // and the nodes around it
  };
  const MutexLock lock(mutex_);
  if (index_.contains({sharing, text})) return;  // another thread was faster
  memory_.push_front({std::string(sharing), std::string(text), std::move(tokens)});
  memory_bytes_ += bytes(memory_.front());
  index_.emplace(name_of(memory_.front()), memory_.begin());
  while (memory_bytes_ > memory_bytes_max_ && !memory_.empty()) {
    memory_bytes_ -= bytes(memory_.back());
    index_.erase(name_of(memory_.back()));
    memory_.pop_back();
  }
}

void Tokeniser::append_remembered(std::string_view text, Run& run) const {
  const bool worth_it = text.size() >= remembered_bytes_min;
  if (worth_it && append_from_memory(text, run)) return;
  auto fresh = tokenise_text(text);
  run.tokens.insert(run.tokens.end(), fresh.begin(), fresh.end());
  if (!worth_it) return;
  tokenised_bytes_.add(text.size());
  const size_t count = fresh.size();
  remember(text, run.sharing, std::move(fresh));
  if (run.progress) run.progress(run.tokens, count);
}

// A piece of text without control tokens, cut further where that is exact.
void Tokeniser::append_fragment(std::string_view text, Run& run) const {
  size_t begin = 0;
  for (size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    const size_t next = i + 1;
    if (next == text.size() || !cuts_before_[static_cast<uint8_t>(text[next])]) continue;
    if (next - begin < cut_bytes_min) continue;
    append_remembered(text.substr(begin, next - begin), run);
    begin = next;
  }
  if (begin < text.size()) append_remembered(text.substr(begin), run);
}

void Tokeniser::append_segment(std::string_view text, Run& run) const {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view special = guard_.match(text, i);
    if (special.empty()) continue;
    const Token token = special_.at(std::string(special));
    std::string_view before = text.substr(begin, i - begin);
    if (strips_left_[static_cast<size_t>(token)]) {
      while (!before.empty() && is_blank(before.back())) before.remove_suffix(1);
    }
    if (!before.empty()) append_fragment(before, run);
    run.tokens.push_back(token);
    begin = i + special.size();
    if (strips_right_[static_cast<size_t>(token)]) {
      while (begin < text.size() && is_blank(text[begin])) ++begin;
    }
    i = begin - 1;
  }
  if (begin < text.size()) append_fragment(text.substr(begin), run);
}

void TokenisedPrompt::cut_to_head() {
  std::erase_if(save_points, [this](uint32_t place) { return place > extents.messages; });
  if (!save_points.empty()) tokens.resize(save_points.back());
}

TokenisedPrompt Tokeniser::tokenise(const CanonicalPrompt& prompt, std::string_view sharing,
                                    const Progress& progress) const {
  Run run{.sharing = sharing, .progress = progress, .tokens = {}};
  if (llama_vocab_get_add_bos(vocab_) && !prompt.segments.empty()) {
    const Token bos = llama_vocab_bos(vocab_);
    const std::string text = piece(bos, true);
    if (text.empty() || !prompt.segments[0].text.starts_with(text)) run.tokens.push_back(bos);
  }
  const size_t first = run.tokens.size();
  for (const auto& segment : prompt.segments) {
    append_segment(segment.text, run);
    run.tokens.insert(run.tokens.end(), segment.tokens.begin(), segment.tokens.end());
  }
  TokenisedPrompt out{.tokens = std::move(run.tokens)};
  out.save_points = places(out.tokens, first, prompt.save_points);
  const PromptExtents& bytes = prompt.extents;
  const std::array ends = {bytes.instructions, bytes.instructions_end, bytes.context,
                           bytes.messages};
  auto found = places(out.tokens, first, ends);
  found.resize(ends.size(), static_cast<uint32_t>(out.tokens.size()));
  out.extents = {found[0], found[1], found[2], found[3]};
  return out;
}

// The token that each place falls into, found from the lengths of the tokens before it; of places
// that ascend, those within the text.
std::vector<uint32_t> Tokeniser::places(std::span<const Token> tokens, size_t first,
                                        std::span<const size_t> bytes) const {
  std::vector<uint32_t> out;
  size_t passed = 0;
  auto place = bytes.begin();
  for (size_t i = first; i < tokens.size() && place != bytes.end(); ++i) {
    passed += piece_bytes_[static_cast<size_t>(tokens[i])];
    for (; place != bytes.end() && passed > *place; ++place) {
      out.push_back(static_cast<uint32_t>(i));
    }
  }
  return out;
}

}  // namespace anyclaude
