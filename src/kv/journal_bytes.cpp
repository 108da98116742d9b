#include "kv/journal_bytes.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <unordered_set>

#include "base/bytes.h"
#include "kv/little_endian.h"

namespace anyclaude {
namespace {

constexpr std::string_view magic = "ANYKVLOG";
constexpr uint32_t journal_format = 1;

// Over the lengths too, so that a record never begins in the middle of another.
uint64_t checksum_of(std::string_view key, std::span<const uint8_t> value) {
  const uint64_t lengths = key.size() | static_cast<uint64_t>(value.size()) << 32;
  const uint64_t of_key = XXH3_64bits_withSeed(key.data(), key.size(), lengths);
  return XXH3_64bits_withSeed(value.data(), value.size(), of_key);
}

}  // namespace

void put_journal_head(std::vector<uint8_t>& out) {
  put(out, bytes_of(magic));
  put(out, journal_format);
  put(out, uint32_t{0});
}

void put_journal_record(std::vector<uint8_t>& out, std::string_view key,
                        std::span<const uint8_t> value) {
  assert(!key.empty() && key.size() + value.size() <= journal_field_bytes_max);
  put(out, static_cast<uint32_t>(key.size()));
  put(out, static_cast<uint32_t>(value.size()));
  put(out, checksum_of(key, value));
  put(out, bytes_of(key));
  put(out, value);
}

Result<JournalContents> parse_journal(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> head;
  put_journal_head(head);
  if (bytes.size() < head.size() || !std::ranges::equal(bytes.first(head.size()), head)) {
    return fail(Error::Kind::io, "not a journal of this version of the program");
  }
  JournalContents contents;
  ByteReader reader(bytes.subspan(head.size()));
  while (!reader.rest().empty()) {
    const auto key_bytes = reader.get<uint32_t>();
    const auto value_bytes = reader.get<uint32_t>();
    const auto checksum = reader.get<uint64_t>();
    const auto key = reader.get_bytes(key_bytes);
    const auto value = reader.get_bytes(value_bytes);
    if (!reader.ok() || key.empty()) {
      contents.clean = false;
      break;
    }
    const JournalRecord record{.key = {reinterpret_cast<const char*>(key.data()), key.size()},
                               .value = value};
    if (checksum_of(record.key, record.value) == checksum) {
      contents.records.push_back(record);
    } else {
      contents.clean = false;
    }
  }
  return contents;
}

std::vector<JournalRecord> newest_records(std::span<const JournalRecord> records,
                                          uint64_t bytes_max, uint64_t bytes_kept) {
  std::unordered_set<std::string_view> seen;
  std::vector<JournalRecord> newest;
  std::vector<uint64_t> bytes;  // of a file with the newest records up to this one
  uint64_t sum = journal_head_bytes;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (!seen.insert(record->key).second) continue;
    sum += journal_record_bytes_more + record->key.size() + record->value.size();
    newest.push_back(*record);
    bytes.push_back(sum);
  }
  if (sum > bytes_max) {
    const auto fitting = std::ranges::upper_bound(bytes, bytes_kept) - bytes.begin();
    newest.resize(static_cast<size_t>(fitting));
  }
  std::ranges::reverse(newest);
  return newest;
}

}  // namespace anyclaude
