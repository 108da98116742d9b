// Numbers as bytes, the least significant first; what the program's own files are made of. Pure.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace anyclaude {

template <std::unsigned_integral T>
void put(std::vector<uint8_t>& out, T value) {
  std::array<uint8_t, sizeof(T)> bytes;  // becomes one store
  for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void put(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Reads from the front. What is not there reads as zero, and `ok` is false from then on.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T get() {
    const auto bytes = get_bytes(sizeof(T));
    T value = 0;
    if (bytes.empty()) return value;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
    }
    return value;
  }
  // All of them or none.
  std::span<const uint8_t> get_bytes(size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      count = 0;
      rest_ = {};
    }
    const auto front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }

  std::span<const uint8_t> rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace anyclaude
