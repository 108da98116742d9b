// Made-up text in the manner of tool descriptions, rules and code, for prompts that nobody has ever
// sent. The same seed and name give the same bytes on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

// One random stream a thing: that one thing is made differently leaves the others as they are. One
// thread.
class TextMaker {
 public:
  TextMaker(uint64_t seed, std::string_view name);

  std::string sentence();
  // About that many bytes of headed paragraphs and lists; at least one sentence.
  std::string prose(size_t bytes);
  // About that many bytes of numbered lines, as a tool shows a file.
  std::string code(size_t bytes);
  std::string path();  // of a source file, relative
  std::string_view noun();
  // `count` different nouns, at most as many as there are.
  std::vector<std::string> nouns(size_t count);

  uint64_t below(uint64_t end) { return random_() % end; }  // [0, end)

 private:
  std::string_view pick(std::span<const std::string_view> words) {
    return words[below(words.size())];
  }

  // The standard says which numbers it gives; of its distributions it does not.
  std::mt19937_64 random_;
};

}  // namespace anyclaude
