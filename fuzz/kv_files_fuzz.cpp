// Whatever stands in a file of the cache, its parser gives nothing or exactly what would be written
// so again. Checksums would hide what is behind them: each input is also tried with right ones.
#include <xxhash.h>

#include <algorithm>
#include <span>
#include <vector>

#include "fuzz_target.h"
#include "kv/disk_index.h"
#include "kv/journal_bytes.h"
#include "kv/little_endian.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

using Input = std::span<const uint8_t>;

// With the right checksum of [0, covered) behind it, if that is inside.
std::vector<uint8_t> with_checksum(Input input, size_t covered) {
  std::vector<uint8_t> bytes(input.begin(), input.end());
  if (covered > bytes.size() || bytes.size() - covered < sizeof(uint64_t)) return bytes;
  std::vector<uint8_t> checksum;
  put(checksum, static_cast<uint64_t>(XXH3_64bits(bytes.data(), covered)));
  std::ranges::copy(checksum, bytes.begin() + static_cast<ptrdiff_t>(covered));
  return bytes;
}

void check_piece(Input input) {
  const auto head = parse_piece_head(input.first(std::min(input.size(), piece_head_bytes_max)));
  if (!head) return;
  promise(check_piece_head(*head).has_value(), "a head makes sense");
  const std::vector<uint8_t> again = encode_piece_head(*head);
  promise(again.size() == piece_head_bytes(*head), "a head is as long as it says");
  promise(again.size() <= input.size(), "a head is inside of what was read");
  promise(std::ranges::equal(again, input.first(again.size())), "a head is written as it was read");
}

void check_index(Input input) {
  const auto index = parse_index(input);
  if (!index) return;
  for (const PieceRecord& piece : index->pieces) {
    promise(check_piece_head(*piece.head).has_value(), "every head makes sense");
  }
  promise(std::ranges::equal(encode_index(*index), input), "an index is written as it was read");
}

void check_journal(Input input) {
  const auto journal = parse_journal(input);
  if (!journal) return;
  std::vector<uint8_t> again;
  put_journal_head(again);
  for (const JournalRecord& record : journal->records) {
    promise(!record.key.empty(), "a record has a key");
    put_journal_record(again, record.key, record.value);
  }
  promise(again.size() <= input.size(), "no record is invented");
  if (journal->clean) promise(std::ranges::equal(again, input), "a journal is what was written");
  const auto newest = newest_records(journal->records, 200, 100);
  uint64_t bytes = journal_head_bytes;
  for (const JournalRecord& record : newest) {
    bytes += journal_record_bytes_more + record.key.size() + record.value.size();
  }
  promise(bytes <= 200, "a journal stays below its limit");
}

void check(Input input) {
  check_piece(input);
  check_index(input);
  check_journal(input);
  ByteReader reader(input);
  reader.get_bytes(12);
  const auto head_bytes = reader.get<uint32_t>();
  if (head_bytes >= 8) check_piece(with_checksum(input, head_bytes - 8));
  if (input.size() >= 8) check_index(with_checksum(input, input.size() - 8));
}

}  // namespace
}  // namespace anyclaude

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  anyclaude::check({data, size});
  return 0;
}
