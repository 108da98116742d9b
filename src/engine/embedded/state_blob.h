// The bytes in which libllama gives the state of a sequence, read completely: libllama itself
// checks hardly anything of what it is given (of 250 one-word changes it took more than 200 and
// computed with them).
//
// Source: llama_context::state_seq_write_data, llama_kv_cache::state_write and
// llama_memory_recurrent::state_write of the pinned engine:
//   u32 magic, i32 sequence, then section after section. Of an attention cache (global layers;
//   window layers):
//     u32 streams = 1, u32 cells, and where there are any:
//     for each cell: i32 position, u32 sequences = 1, [extension], i32 sequence
//     u32 transposed, u32 layers
//     keys, for each layer: i32 type, u64 row bytes, cells * row
//     values, for each layer that has any: i32 type, u64 row bytes, cells * row
//       (transposed: i32 type, u32 element bytes, u32 elements, cells * elements * element)
//   Of a recurrent state, which is always the last:
//     u32 cells, for each cell: i32 position, u32 sequences = 0
//     u32 transposed = 0, u32 layers
//     for each layer that has any, first all of one kind and then of the other:
//       i32 type, u64 row bytes, cells * row
//   Where a sequence has nothing in a section, that section still stands there, without cells.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace anyclaude {

constexpr size_t state_head_bytes = 8;  // magic and sequence, in front of every state

// What is the same in every state of one model's memory.
struct StateShape {
  struct Rows {
    int32_t type = 0;
    uint64_t bytes = 0;     // a token's
    uint64_t elements = 0;  // transposed values only
    bool operator==(const Rows&) const = default;
  };
  struct Section {
    bool recurrent = false;
    bool transposed = false;
    std::vector<Rows> keys;  // of a recurrent state: all
    std::vector<Rows> values;
    bool operator==(const Section&) const = default;
  };
  uint32_t magic = 0;
  uint32_t extension_bytes = 0;  // of a cell; models with two-dimensional positions have some
  std::vector<Section> sections;
  std::vector<uint8_t> tail;  // sections without cells, with which each state ends
};

// Learns the shape from a state of one token that this process's own engine has written.
std::optional<StateShape> learn_shape(std::span<const uint8_t> state,
                                      std::span<const uint8_t> tail = {});

// The positions in each section of a state, ascending, if it is one of this shape from its first
// byte to its last: each position once, nothing left over. Otherwise nothing.
using StatePositions = std::vector<std::vector<uint32_t>>;
std::optional<StatePositions> positions_in(std::span<const uint8_t> state, const StateShape& shape);

// Some of the tokens of a state that `positions_in` has read.
struct StatePart {
  std::span<const uint8_t> state;
  uint32_t from = 0;  // positions [from, to)
  uint32_t to = 0;
};

// False: states of this shape are not made of rows of tokens alone, and cannot be joined.
bool can_join(const StateShape& shape);

// The section with cells of one state of many parts' tokens: `front`, then `runs`, which are the
// parts' own bytes.
struct JoinedSection {
  std::array<uint32_t, 2> front = {};  // streams and cells
  std::vector<std::span<const uint8_t>> runs;
};
JoinedSection join_states(const StateShape& shape, std::span<const StatePart> parts);

}  // namespace anyclaude
