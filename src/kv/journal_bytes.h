// The bytes of a journal (docs/disk-format.md). Pure functions; nothing that is parsed is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anyclaude {

constexpr size_t journal_head_bytes = 16;
constexpr size_t journal_record_bytes_more = 16;  // beside key and value
constexpr uint64_t journal_field_bytes_max = 64ull << 20;

void put_journal_head(std::vector<uint8_t>& out);
// A key has at least one byte.
void put_journal_record(std::vector<uint8_t>& out, std::string_view key,
                        std::span<const uint8_t> value);

struct JournalRecord {
  std::string_view key;  // both inside of what was parsed
  std::span<const uint8_t> value;
};

struct JournalContents {
  std::vector<JournalRecord> records;  // oldest first
  bool clean = true;                   // false: there is more, which is no record
};

// All records that are whole, also behind one whose bytes are wrong but whose lengths lead to the
// next. Error: it does not begin as a journal of this version does.
Result<JournalContents> parse_journal(std::span<const uint8_t> bytes);

// The newest record of each key, oldest first. Where the file would be longer than `bytes_max`,
// only the newest that fit into `bytes_kept`.
std::vector<JournalRecord> newest_records(std::span<const JournalRecord> records,
                                          uint64_t bytes_max, uint64_t bytes_kept);

}  // namespace anyclaude
