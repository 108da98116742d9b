// Runs a fuzz target as an ordinary test, with any compiler: over every file of the corpus folders
// given, over all their beginnings, and over a fixed set of small damages to them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz_target.h"

namespace {

constexpr size_t beginnings_max = 4096;  // of one file
constexpr int damages = 300;             // to one file

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void replay(const std::string& input) {
  run(input);
  for (size_t size = 0; size < std::min(input.size(), beginnings_max); ++size) {
    run(input.substr(0, size));
  }
  if (input.empty()) return;
  std::mt19937 random(1);  // the same damages every time
  for (int i = 0; i < damages; ++i) {
    std::string damaged = input;
    const size_t at = random() % input.size();
    switch (random() % 4) {
      case 0:
        damaged[at] = static_cast<char>(random());
        break;
      case 1:
        damaged.erase(at, 1 + random() % 8);
        break;
      case 2:
        damaged.insert(at, input.substr(random() % input.size(), random() % 16));
        break;
      default:
        damaged[at] ^= static_cast<char>(1u << (random() % 8));
        break;
    }
    run(damaged);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(file), {}};
      replay(input);
      ++files;
    }
  }
  std::printf("%d files replayed\n", files);
  return files > 0 ? 0 : 1;  // an empty corpus proves nothing
}
