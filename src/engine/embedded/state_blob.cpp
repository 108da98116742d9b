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

bool ends_with(std::span<const uint8_t> bytes, std::span<const uint8_t> end) {
  return bytes.size() >= end.size() &&
         std::equal(end.begin(), end.end(), bytes.end() - static_cast<std::ptrdiff_t>(end.size()));
}

struct Part {
  StateShape::Section section;
  std::vector<uint32_t> positions;
};

// `count` cells' worth of one layer. Nothing: it does not end within the bytes.
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
  if (reader.failed() || rows.bytes > reader.left() / count) return std::nullopt;
  reader.skip(count * rows.bytes);
  return rows;
}

// `value_layers`: how many layers have values of their own; the format does not say.
std::optional<Part> read_attention(Reader& reader, uint32_t extension_bytes,
                                   std::optional<size_t> value_layers) {
  Part part;
  if (reader.take<uint32_t>() != 1) return std::nullopt;
  const auto count = reader.take<uint32_t>();
  if (reader.failed() || count == 0 || count > reader.left() / (12 + extension_bytes)) {
    return std::nullopt;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const auto position = reader.take<int32_t>();
    if (reader.take<uint32_t>() != 1 || position < 0) return std::nullopt;
    reader.skip(extension_bytes + sizeof(int32_t));
    part.positions.push_back(static_cast<uint32_t>(position));
  }
  const auto transposed = reader.take<uint32_t>();
  const auto layers = reader.take<uint32_t>();
  if (reader.failed() || transposed > 1 || layers > reader.left() / 12) {
    return std::nullopt;
  }
  part.section.transposed = transposed == 1;
  for (uint32_t i = 0; i < layers; ++i) {
    const auto rows = read_rows(reader, count, false);
    if (!rows || rows->bytes == 0) return std::nullopt;
    part.section.keys.push_back(*rows);
  }
  for (size_t i = 0; i < value_layers.value_or(layers); ++i) {
    const auto rows = read_rows(reader, count, part.section.transposed);
    if (!rows || rows->bytes == 0) return std::nullopt;
    part.section.values.push_back(*rows);
  }
  return part;
}

// To the end of the bytes. One cell: a sequence has one state.
std::optional<Part> read_recurrent(Reader& reader) {
  Part part;
  part.section.recurrent = true;
  if (reader.take<uint32_t>() != 1) return std::nullopt;
  const auto position = reader.take<int32_t>();
  if (position < 0 || reader.take<uint32_t>() != 0) return std::nullopt;
  part.positions.push_back(static_cast<uint32_t>(position));
  const auto transposed = reader.take<uint32_t>();
  const auto layers = reader.take<uint32_t>();
  if (reader.failed() || transposed != 0 || layers == 0) return std::nullopt;
  while (reader.left() > 0) {
    const auto rows = read_rows(reader, 1, false);
    // Two kinds for each layer at most; of a kind that a layer lacks, rows of no bytes.
    if (!rows || part.section.keys.size() == 2ull * layers) return std::nullopt;
    part.section.keys.push_back(*rows);
  }
  return part;
}

// Ascending, each once.
bool in_order(std::vector<uint32_t>& positions) {
  std::sort(positions.begin(), positions.end());
  return std::adjacent_find(positions.begin(), positions.end()) == positions.end();
}

std::optional<StateShape> learn(std::span<const uint8_t> sections, uint32_t extension_bytes,
                                std::optional<size_t> value_layers) {
  Reader reader(sections);
  StateShape shape;
  shape.extension_bytes = extension_bytes;
  shape.magic = reader.take<uint32_t>();
  reader.take<int32_t>();  // the sequence it was taken from
  while (reader.left() > 0) {
    // Of one token the second word is 1, its cells; of a state it is 0, its position.
    const bool recurrent = Reader(reader).take<uint64_t>() >> 32 == 0;
    const auto part =
        recurrent ? read_recurrent(reader) : read_attention(reader, extension_bytes, value_layers);
    if (!part || part->positions.size() != 1) return std::nullopt;
    shape.sections.push_back(part->section);
  }
  if (reader.failed() || shape.sections.empty()) return std::nullopt;
  return shape;
}

}  // namespace

std::optional<StateShape> learn_shape(std::span<const uint8_t> state,
                                      std::span<const uint8_t> tail) {
  if (!ends_with(state, tail)) return std::nullopt;
  const auto sections = state.first(state.size() - tail.size());
  constexpr std::array<uint32_t, 2> extensions = {0, 12};  // llama_kv_cell_ext
  for (const uint32_t extension : extensions) {
    for (const std::optional<size_t> values : {std::optional<size_t>(), std::optional<size_t>(0)}) {
      auto shape = learn(sections, extension, values);
      if (!shape) continue;
      shape->tail.assign(tail.begin(), tail.end());
      return shape;
    }
  }
  return std::nullopt;
}

std::optional<StatePositions> positions_in(std::span<const uint8_t> state,
                                           const StateShape& shape) {
  if (!ends_with(state, shape.tail)) return std::nullopt;
  Reader reader(state.first(state.size() - shape.tail.size()));
  if (reader.take<uint32_t>() != shape.magic) return std::nullopt;
  reader.take<int32_t>();
  StatePositions positions;
  for (const StateShape::Section& section : shape.sections) {
    auto part = section.recurrent
                    ? read_recurrent(reader)
                    : read_attention(reader, shape.extension_bytes, section.values.size());
    if (!part || part->section != section || !in_order(part->positions)) return std::nullopt;
    positions.push_back(std::move(part->positions));
  }
  if (reader.failed() || reader.left() > 0) return std::nullopt;
  return positions;
}

// ---- Joining ------------------------------------------------------------------------------------

namespace {

constexpr size_t count_bytes = 8;  // streams and cells, in front of the cells
constexpr size_t rows_bytes = 12;  // type and row bytes, in front of a layer's rows

size_t cell_bytes(const StateShape& shape) { return 12 + shape.extension_bytes; }

uint32_t word_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

// Runs of a state's cells, [first, second), in the order in which they stand there.
using Runs = std::vector<std::pair<size_t, size_t>>;

Runs runs_of(const StateShape& shape, const StatePart& part) {
  Runs runs;
  const size_t cells = word_at(part.state, state_head_bytes + 4);
  for (size_t i = 0; i < cells; ++i) {
    const uint32_t position =
        word_at(part.state, state_head_bytes + count_bytes + i * cell_bytes(shape));
    if (position < part.from || position >= part.to) continue;
    if (!runs.empty() && runs.back().second == i) {
      ++runs.back().second;
    } else {
      runs.emplace_back(i, i + 1);
    }
  }
  return runs;
}

// A state on its way into a joined one.
struct Source {
  std::span<const uint8_t> state;
  Runs runs;
  size_t cells = 0;
  size_t at = 0;

  std::span<const uint8_t> take(size_t bytes) {
    at += bytes;
    return state.subspan(at - bytes, bytes);
  }
  // The runs of `cells` entries that stand at `at`.
  void append_runs(size_t entry_bytes, JoinedSection& out) {
    const auto entries = take(cells * entry_bytes);
    for (const auto& [first, second] : runs) {
      out.runs.push_back(entries.subspan(first * entry_bytes, (second - first) * entry_bytes));
    }
  }
};

}  // namespace

bool can_join(const StateShape& shape) {
  return shape.sections.size() == 1 && !shape.sections[0].recurrent &&
         !shape.sections[0].transposed;
}

JoinedSection join_states(const StateShape& shape, std::span<const StatePart> parts) {
  JoinedSection joined;
  std::vector<Source> sources;
  for (const StatePart& part : parts) {
    Source& source = sources.emplace_back();
    source.state = part.state;
    source.runs = runs_of(shape, part);
    source.cells = word_at(part.state, state_head_bytes + 4);
    source.at = state_head_bytes + count_bytes;
    for (const auto& [first, second] : source.runs) {
      joined.front[1] += static_cast<uint32_t>(second - first);
    }
  }
  joined.front[0] = word_at(parts.front().state, state_head_bytes);
  for (Source& source : sources) source.append_runs(cell_bytes(shape), joined);
  const auto append_heads = [&](size_t bytes) {  // the same in all of them
    for (size_t i = 0; i < sources.size(); ++i) {
      const auto head = sources[i].take(bytes);
      if (i == 0) joined.runs.push_back(head);
    }
  };
  append_heads(8);  // transposed, layers
  const StateShape::Section& section = shape.sections.front();
  for (const auto* layers : {&section.keys, &section.values}) {
    for (const StateShape::Rows& rows : *layers) {
      append_heads(rows_bytes);
      for (Source& source : sources) source.append_runs(rows.bytes, joined);
    }
  }
  return joined;
}

}  // namespace anyclaude
