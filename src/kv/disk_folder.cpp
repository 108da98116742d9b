#include "kv/disk_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kv/safe_write.h"

namespace anyclaude {
namespace {

constexpr std::string_view temporary_end = ".tmp";

bool is_leftover(std::string_view name) {
  return name.ends_with(temporary_end) &&
         parse_piece_name(name.substr(0, name.size() - temporary_end.size())).has_value();
}

// All that decides what the payload means; not who stored it when, nor how the tokens before it
// were cut: the snapshot may tell of another time than the file.
bool same_piece(const PieceHead& a, const PieceHead& b) {
  return a.kind == b.kind && a.fingerprint == b.fingerprint && a.key == b.key &&
         a.begin == b.begin && a.end == b.end && a.tokens == b.tokens &&
         a.payload_bytes == b.payload_bytes && a.payload_checksum == b.payload_checksum;
}

DiskFolder::Failure failure_of(const Error& error) {
  return error.kind == Error::Kind::not_found ? DiskFolder::Failure::gone
                                              : DiskFolder::Failure::unreadable;
}

// The head of an open file, compared with the file's size.
DiskFolder::Read<PieceHead> read_head_of(ReadableFile& file) {
  std::vector<uint8_t> first(std::min<uint64_t>(file.size(), piece_head_bytes_max));
  const auto count = file.read_at(0, first);
  if (!count) return std::unexpected(DiskFolder::Failure::unreadable);
  first.resize(*count);
  auto head = parse_piece_head(first);
  if (!head) {
    return std::unexpected(head.error().kind == Error::Kind::not_found
                               ? DiskFolder::Failure::outdated
                               : DiskFolder::Failure::wrong);
  }
  if (piece_file_bytes(*head) != file.size()) return std::unexpected(DiskFolder::Failure::wrong);
  return std::move(*head);
}

}  // namespace

std::filesystem::path DiskFolder::folder_of(const Fingerprint& fingerprint) const {
  return path_ / to_hex(fingerprint);
}

Result<bool> DiskFolder::lock() {
  lock_.reset();
  TRY_VOID(files_.make_folder(path_));
  lock_ = TRY(files_.try_lock(path_ / "lock"));
  return lock_ != nullptr;
}

// ---- Pieces

DiskFolder::Read<Bytes> DiskFolder::read(const PieceHead& expected) const {
  const auto path = folder_of(expected.fingerprint) / print_piece_name(name_of(expected));
  const auto file = files_.open(path);
  if (!file) return std::unexpected(failure_of(file.error()));
  // So that the disk works while the head is checked and memory is found.
  (*file)->will_read();
  const auto head = read_head_of(**file);
  if (!head) return std::unexpected(head.error());
  if (!same_piece(*head, expected)) return std::unexpected(Failure::wrong);
  // As long as the file is, which bounds it. That it is filled with zeros first costs a sixth of
  // the time of a read from memory, and nothing that can be measured of one from a disk.
  std::vector<uint8_t> payload(head->payload_bytes);
  const auto count = (*file)->read_at(piece_head_bytes(*head), payload);
  if (!count) return std::unexpected(Failure::unreadable);
  if (*count != payload.size() || payload_checksum(payload) != expected.payload_checksum) {
    return std::unexpected(Failure::wrong);
  }
  return std::make_shared<const std::vector<uint8_t>>(std::move(payload));
}

DiskFolder::Read<PieceHead> DiskFolder::read_head(const Fingerprint& fingerprint,
                                                  const PieceName& name) const {
  const auto file = files_.open(folder_of(fingerprint) / print_piece_name(name));
  if (!file) return std::unexpected(failure_of(file.error()));
  auto head = TRY(read_head_of(**file));
  if (head.fingerprint != fingerprint || name_of(head) != name) {
    return std::unexpected(Failure::wrong);
  }
  return head;
}

Result<void> DiskFolder::write(const PieceHead& head, std::span<const uint8_t> payload) {
  const auto folder = folder_of(head.fingerprint);
  TRY_VOID(files_.make_folder(folder));
  const auto path = folder / print_piece_name(name_of(head));
  const std::vector<uint8_t> front = encode_piece_head(head);
  auto written = write_safely(files_, path, {front, payload});
  if (written) {
    unsynced_.erase(head.fingerprint);
  } else {  // it may have got its name already, and lose it in a crash
    [[maybe_unused]] const auto ignored = remove(head.fingerprint, name_of(head));
  }
  return written;
}

Result<void> DiskFolder::remove(const Fingerprint& fingerprint, const PieceName& name) {
  TRY_VOID(files_.remove(folder_of(fingerprint) / print_piece_name(name)));
  unsynced_.insert(fingerprint);
  return {};
}

void DiskFolder::sync_removals() {
  std::erase_if(unsynced_, [this](const Fingerprint& fingerprint) {
    const auto synced = files_.sync_folder(folder_of(fingerprint));
    return synced || synced.error().kind == Error::Kind::not_found;
  });
}

// ---- What is there.

Result<std::vector<Fingerprint>> DiskFolder::fingerprints() const {
  const auto entries = TRY(files_.list(path_));
  std::vector<Fingerprint> found;
  for (const Files::Entry& entry : entries) {
    if (!entry.is_folder) continue;
    if (const auto fingerprint = parse_hash(entry.name)) found.push_back(*fingerprint);
  }
  return found;
}

Result<DiskFolder::Listing> DiskFolder::list(const Fingerprint& fingerprint) const {
  const auto entries = TRY(files_.list(folder_of(fingerprint)));
  Listing listing;
  for (const Files::Entry& entry : entries) {
    if (entry.is_folder) continue;
    if (const auto name = parse_piece_name(entry.name)) {
      listing.pieces.push_back({.name = *name, .bytes = entry.bytes});
    } else if (is_leftover(entry.name)) {
      listing.leftovers.push_back(entry.name);
    }
  }
  return listing;
}

void DiskFolder::remove_leftovers(const Fingerprint& fingerprint, const Listing& listing) {
  for (const std::string& name : listing.leftovers) {
    [[maybe_unused]] const auto ignored = files_.remove(folder_of(fingerprint) / name);
  }
}

void DiskFolder::remove_if_empty(const Fingerprint& fingerprint) {
  [[maybe_unused]] const auto ignored = files_.remove_folder(folder_of(fingerprint));
}

// ---- The index

Result<DiskIndex> DiskFolder::read_index() const {
  const auto file = TRY(files_.open(path_ / "index"));
  if (file->size() > index_bytes_max) return fail(Error::Kind::io, "the index is too long");
  std::vector<uint8_t> bytes(file->size());
  bytes.resize(TRY(file->read_at(0, bytes)));
  return parse_index(bytes);
}

Result<uint64_t> DiskFolder::write_index(const DiskIndex& index) {
  const std::vector<uint8_t> bytes = encode_index(index);
  TRY_VOID(write_safely(files_, path_ / "index", {bytes}));
  return bytes.size();
}

void DiskFolder::remove_half_index() {
  [[maybe_unused]] const auto ignored = files_.remove(path_ / "index.tmp");
}

}  // namespace anyclaude
