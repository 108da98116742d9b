#include "kv/disk_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kv/piece_file.h"

namespace anyclaude {
namespace {

// A parent begins before its child, whatever the two are.
void sort_parents_first(std::vector<PieceRecord>& pieces) {
  std::ranges::sort(pieces, {}, [](const PieceRecord& piece) { return piece.head->begin; });
}

bool fits(const PieceHead& child, const PieceHead& parent) {
  // The token that `parent` must hold: the last one in front of the child.
  return parent.kind == PieceKind::range && parent.fingerprint == child.fingerprint &&
         parent.begin < child.begin && child.begin <= parent.end;
}

}  // namespace

DiskTable::Entry* DiskTable::find(const PieceKey& key) {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

const DiskTable::Entry* DiskTable::find(const PieceKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void DiskTable::add(Entry entry) {
  const PieceKey key = entry.piece.head->key;
  bytes_ += piece_file_bytes(*entry.piece.head);
  const bool added = entries_.emplace(key, std::move(entry)).second;
  assert(added);
  (void)added;
}

void DiskTable::erase(const PieceKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  bytes_ -= piece_file_bytes(*found->second.piece.head);
  entries_.erase(found);
}

bool DiskTable::has_parent(const PieceHead& head) const {
  if (head.parent == PieceKey{}) return true;
  const Entry* parent = find(head.parent);
  return parent != nullptr && fits(head, *parent->piece.head);
}

std::vector<PieceRecord> DiskTable::admit(PieceRecord piece, uint64_t pass) {
  std::vector<PieceRecord> known;
  if (entries_.contains(piece.head->key)) return known;
  if (!has_parent(*piece.head)) {
    waiting_.emplace(piece.head->parent, std::move(piece));
    return known;
  }
  const auto let_in = [&](PieceRecord one) {
    add({.piece = one, .payload = nullptr, .seen_in = pass});
    known.push_back(std::move(one));
  };
  let_in(std::move(piece));
  for (size_t i = 0; i < known.size(); ++i) {
    const auto [first, last] = waiting_.equal_range(known[i].head->key);
    std::vector<PieceRecord> children;
    for (auto at = first; at != last; ++at) children.push_back(std::move(at->second));
    waiting_.erase(first, last);
    for (PieceRecord& child : children) {
      if (entries_.contains(child.head->key)) continue;
      if (has_parent(*child.head)) {
        let_in(std::move(child));
      } else {  // it names a parent that it does not fit; an orphan
        waiting_.emplace(child.head->parent, std::move(child));
      }
    }
  }
  return known;
}

std::vector<PieceRecord> DiskTable::take_unseen(
    uint64_t pass, const std::function<bool(const PieceHead&)>& spare) {
  std::vector<PieceRecord> unseen;
  for (const auto& [key, entry] : entries_) {
    const bool written = entry.payload == nullptr;
    if (written && entry.seen_in < pass && !spare(*entry.piece.head)) {
      unseen.push_back(entry.piece);
    }
  }
  for (const PieceRecord& piece : unseen) erase(piece.head->key);
  return unseen;
}

DiskTable::Sorted DiskTable::sort_waiting(uint64_t pass) {
  Sorted sorted;
  std::vector<PieceRecord> waiting;
  for (auto& [parent, piece] : waiting_) waiting.push_back(std::move(piece));
  waiting_.clear();
  sort_parents_first(waiting);
  for (PieceRecord& piece : waiting) {
    if (entries_.contains(piece.head->key)) continue;
    if (has_parent(*piece.head)) {
      add({.piece = piece, .payload = nullptr, .seen_in = pass});
      sorted.found.push_back(std::move(piece));
    } else {
      sorted.orphans.push_back(std::move(piece));
    }
  }
  // What this process has stored may have its parent in memory only, and get it here later.
  std::vector<PieceRecord> found_once;
  for (const auto& [key, entry] : entries_) {
    if (entry.ticket == 0) found_once.push_back(entry.piece);
  }
  sort_parents_first(found_once);
  for (PieceRecord& piece : found_once) {
    if (has_parent(*piece.head)) continue;
    erase(piece.head->key);
    sorted.left_orphaned.push_back(std::move(piece));
  }
  return sorted;
}

std::vector<PieceRecord> DiskTable::written() const {
  std::vector<PieceRecord> pieces;
  for (const auto& [key, entry] : entries_) {
    if (entry.payload == nullptr) pieces.push_back(entry.piece);
  }
  sort_parents_first(pieces);
  return pieces;
}

}  // namespace anyclaude
