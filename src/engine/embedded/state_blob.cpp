#include "engine/embedded/state_blob.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace anyclaude {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  // Zero behind the end, and from then on.
  template <class T>
  T take() {
    T value{};
    if (const uint8_t* at = skip(sizeof(T))) std::memcpy(&value, at, sizeof(T));
    return value;
  }
  // Null behind the end.
  const uint8_t* skip(uint64_t bytes) {
    if (failed_ || bytes > rest_.size()) {
      failed_ = true;
      return nullptr;
    }
    const uint8_t* at = rest_.data();
    rest_ = rest_.subspan(bytes);
    return at;
  }
  bool failed() const { return failed_; }
  size_t left() const { return rest_.size(); }

 private:
  std::span<const uint8_t> rest_;
  bool failed_ = false;
};

// `count` cells' worth of one layer's keys or values. Nothing: it does not end within the bytes.
std::optional<StateShape::Rows> read_rows(Reader& reader, uint64_t count, bool transposed) {
  StateShape::Rows rows;
  rows.type = reader.take<int32_t>();
  if (transposed) {
    const auto element_bytes = reader.take<uint32_t>();
    rows.elements = reader.take<uint32_t>();
    rows.bytes = rows.elements * element_bytes;
  } else {
    rows.bytes = reader.take<uint64_t>();
  }
  if (reader.failed() || rows.bytes == 0 || rows.bytes > reader.left() / count) return std::nullopt;
  reader.skip(count * rows.bytes);
  return rows;
}

struct Contents {
  StateShape shape;
  std::vector<uint32_t> positions;
};

// `value_layers`: how many layers have values of their own; the format does not say.
std::optional<Contents> read_state(std::span<const uint8_t> state, uint32_t extension_bytes,
                                   std::optional<size_t> value_layers) {
  Reader reader(state);
  Contents contents;
  StateShape& shape = contents.shape;
  shape.magic = reader.take<uint32_t>();
  shape.extension_bytes = extension_bytes;
  reader.take<int32_t>();  // the sequence it was taken from
  if (reader.take<uint32_t>() != 1) return std::nullopt;
  const auto count = reader.take<uint32_t>();
  if (reader.failed() || count == 0 || count > reader.left() / (12 + extension_bytes)) {
    return std::nullopt;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const auto position = reader.take<int32_t>();
    if (reader.take<uint32_t>() != 1 || position < 0) return std::nullopt;
    reader.skip(extension_bytes + sizeof(int32_t));
    contents.positions.push_back(static_cast<uint32_t>(position));
  }
  const auto transposed = reader.take<uint32_t>();
  const auto layers = reader.take<uint32_t>();
  if (reader.failed() || transposed > 1 || layers == 0 || layers > reader.left() / 12) {
    return std::nullopt;
  }
  shape.transposed = transposed == 1;
  for (uint32_t i = 0; i < layers; ++i) {
    const auto rows = read_rows(reader, count, false);
    if (!rows) return std::nullopt;
    shape.keys.push_back(*rows);
  }
  for (size_t i = 0; i < value_layers.value_or(layers); ++i) {
    const auto rows = read_rows(reader, count, shape.transposed);
    if (!rows) return std::nullopt;
    shape.values.push_back(*rows);
  }
  if (reader.left() > 0) {
    shape.empty_cache_behind = reader.take<uint32_t>() == 1 && reader.take<uint32_t>() == 0;
    if (!shape.empty_cache_behind || reader.failed() || reader.left() > 0) return std::nullopt;
  }
  std::sort(contents.positions.begin(), contents.positions.end());
  const auto twice = std::adjacent_find(contents.positions.begin(), contents.positions.end());
  if (twice != contents.positions.end()) return std::nullopt;
  return contents;
}

}  // namespace

std::optional<StateShape> learn_shape(std::span<const uint8_t> state) {
  constexpr std::array<uint32_t, 2> extensions = {0, 12};  // llama_kv_cell_ext
  for (const uint32_t extension : extensions) {
    for (const std::optional<size_t> values : {std::optional<size_t>(), std::optional<size_t>(0)}) {
      const auto contents = read_state(state, extension, values);
      if (contents && contents->positions.size() == 1) return contents->shape;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<uint32_t>> positions_in(std::span<const uint8_t> state,
                                                  const StateShape& shape) {
  auto contents = read_state(state, shape.extension_bytes, shape.values.size());
  if (!contents || contents->shape != shape) return std::nullopt;
  return std::move(contents->positions);
}

}  // namespace anyclaude
