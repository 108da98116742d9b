#include "kv/disk_index.h"

#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "kv/little_endian.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr std::string_view magic = "ANYKVIDX";
constexpr uint32_t index_format = 1;
constexpr size_t front_bytes = 40;
constexpr size_t checksum_bytes = sizeof(uint64_t);
constexpr size_t record_bytes_more = 12;  // behind the head

}  // namespace

std::vector<uint8_t> encode_index(const DiskIndex& index) {
  size_t size = front_bytes + checksum_bytes;
  for (const auto& piece : index.pieces) size += piece_head_bytes(*piece.head) + record_bytes_more;
  std::vector<uint8_t> out;
  out.reserve(size);
  for (const char c : magic) out.push_back(static_cast<uint8_t>(c));
  put(out, index_format);
  put(out, piece_format);
  put(out, static_cast<uint64_t>(index.day));
  put(out, index.written_bytes);
  put(out, static_cast<uint64_t>(index.pieces.size()));
  for (const auto& piece : index.pieces) {
    put(out, encode_piece_head(*piece.head));
    put(out, static_cast<uint64_t>(piece.last_used_s));
    put(out, piece.hits);
  }
  put(out, XXH3_64bits(out.data(), out.size()));
  return out;
}

Result<DiskIndex> parse_index(std::span<const uint8_t> bytes) {
  ByteReader front(bytes);
  const auto mark = front.get_bytes(magic.size());
  if (!std::ranges::equal(mark, magic)) return fail(Error::Kind::io, "not an index");
  const auto version = front.get<uint32_t>();
  const auto version_of_pieces = front.get<uint32_t>();
  if (version != index_format || version_of_pieces != piece_format) {
    return fail(Error::Kind::not_found, "an index of another version of the program");
  }
  if (bytes.size() < front_bytes + checksum_bytes) return fail(Error::Kind::io, "half an index");
  const size_t covered = bytes.size() - checksum_bytes;
  if (ByteReader(bytes.subspan(covered)).get<uint64_t>() != XXH3_64bits(bytes.data(), covered)) {
    return fail(Error::Kind::io, "the index's checksum is wrong");
  }
  DiskIndex index;
  index.day = static_cast<int64_t>(front.get<uint64_t>());
  index.written_bytes = front.get<uint64_t>();
  const auto count = front.get<uint64_t>();
  ByteReader reader(bytes.first(covered).subspan(front_bytes));
  index.pieces.reserve(std::min<uint64_t>(count, covered / record_bytes_more));
  for (uint64_t i = 0; i < count; ++i) {
    const auto first = reader.rest().first(std::min(reader.rest().size(), piece_head_bytes_max));
    auto head = std::make_shared<PieceHead>(TRY(parse_piece_head(first)));
    reader.get_bytes(piece_head_bytes(*head));
    PieceRecord piece{.head = std::move(head)};
    piece.last_used_s = static_cast<int64_t>(reader.get<uint64_t>());
    piece.hits = reader.get<uint32_t>();
    if (!reader.ok()) return fail(Error::Kind::io, "half an index");
    index.pieces.push_back(std::move(piece));
  }
  if (!reader.rest().empty()) return fail(Error::Kind::io, "more than an index");
  return index;
}

}  // namespace anyclaude
