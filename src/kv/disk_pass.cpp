#include "kv/disk_pass.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace anyclaude {
namespace {

// Between two looks at what else is to be done.
constexpr size_t pieces_a_step = 256;

}  // namespace

DiskPass::DiskPass(DiskFolder& folder, DiskLedger& ledger, DiskMetrics& metrics, Listener listener)
    : folder_(folder), ledger_(ledger), metrics_(metrics), listener_(std::move(listener)) {}

void DiskPass::start(bool may_delete) {
  active_ = true;
  may_delete_ = may_delete;
  number_ = ledger_.begin_pass();
  unread_.clear();
  listing_ = {};
  at_ = 0;
  // The next snapshot would take its place, but may not come: nothing may change any more.
  if (may_delete) folder_.remove_half_index();
  auto folders = folder_.fingerprints();
  // A folder that is not there holds nothing; of one that cannot be read nothing is known.
  root_unread_ = !folders && folders.error().kind != Error::Kind::not_found;
  folders_ = folders ? std::move(*folders) : std::vector<Fingerprint>();
}

void DiskPass::list_first() {
  if (!folders_.empty()) open_next_folder();
}

void DiskPass::expect(std::vector<PieceRecord> indexed) {
  indexed_.reserve(indexed.size());
  index_places_.reserve(indexed.size());
  for (PieceRecord& piece : indexed) {
    index_places_.emplace(piece.head->key, indexed_.size());
    indexed_.push_back({.piece = std::move(piece)});
  }
}

void DiskPass::step() {
  if (at_ < listing_.pieces.size()) {
    // Those that need no look at the disk take no time.
    for (size_t i = 0; i < pieces_a_step && at_ < listing_.pieces.size(); ++i) {
      if (!examine(listing_.pieces[at_++])) return;
    }
  } else if (!folders_.empty()) {
    open_next_folder();
  } else if (admitted_ < indexed_.size()) {
    admit_indexed();
  } else {
    finish();
  }
}

void DiskPass::open_next_folder() {
  fingerprint_ = folders_.back();
  folders_.pop_back();
  at_ = 0;
  auto listing = folder_.list(fingerprint_);
  if (!listing && listing.error().kind != Error::Kind::not_found) unread_.insert(fingerprint_);
  listing_ = listing ? std::move(*listing) : DiskFolder::Listing();
  if (!may_delete_) return;
  folder_.remove_leftovers(fingerprint_, listing_);
  if (listing && listing_.pieces.empty()) folder_.remove_if_empty(fingerprint_);
}

// False: its file was opened.
bool DiskPass::examine(const DiskFolder::Piece& piece) {
  const auto seen = ledger_.see(fingerprint_, piece.name, piece.bytes, number_);
  if (seen == DiskLedger::Seen::known) return true;
  if (seen == DiskLedger::Seen::foreign || left_alone_.contains({fingerprint_, piece.name.key})) {
    discard(fingerprint_, piece.name, may_delete_);
    return false;
  }
  if (find_indexed(piece)) return true;
  read(piece);
  return false;
}

void DiskPass::read(const DiskFolder::Piece& piece) {
  auto head = folder_.read_head(fingerprint_, piece.name);
  if (head) {
    // As old as it is, as far as anybody knows.
    const int64_t made_s = head->made_s;
    return admit(
        {.head = std::make_shared<const PieceHead>(std::move(*head)), .last_used_s = made_s},
        false);
  }
  switch (head.error()) {
    case DiskFolder::Failure::gone:
      return;
    case DiskFolder::Failure::unreadable:
      unread_.insert(fingerprint_);
      return;
    case DiskFolder::Failure::wrong:
      metrics_.verification_failures.add();
      [[fallthrough]];
    case DiskFolder::Failure::outdated:
      discard(fingerprint_, piece.name, may_delete_);
  }
}

bool DiskPass::find_indexed(const DiskFolder::Piece& piece) {
  const auto place = index_places_.find(piece.name.key);
  if (place == index_places_.end()) return false;
  Indexed& indexed = indexed_[place->second];
  const PieceHead& head = *indexed.piece.head;
  indexed.seen = head.fingerprint == fingerprint_ && head.kind == piece.name.kind &&
                 piece_file_bytes(head) == piece.bytes;
  return indexed.seen;
}

// In the index's order, so that none waits for its parent. Of what could not be listed nothing else
// is known.
void DiskPass::admit_indexed() {
  const size_t end = std::min(admitted_ + pieces_a_step, indexed_.size());
  for (; admitted_ < end; ++admitted_) {
    Indexed& indexed = indexed_[admitted_];
    if (indexed.seen || unread(*indexed.piece.head)) admit(std::move(indexed.piece), true);
  }
}

void DiskPass::admit(PieceRecord piece, bool indexed) {
  for (const PieceRecord& found : ledger_.admit(std::move(piece), number_, indexed)) {
    listener_.found(found);
  }
}

void DiskPass::discard(const Fingerprint& fingerprint, const PieceName& name, bool may_delete) {
  const Result<void> removed = may_delete ? folder_.remove(fingerprint, name)
                                          : fail(Error::Kind::permission, "another process writes");
  if (removed || removed.error().kind == Error::Kind::not_found) {
    left_alone_.erase({fingerprint, name.key});
  } else {
    left_alone_.insert({fingerprint, name.key});
  }
}

// What an index says of an orphan may be older than its file, which was written anew behind another
// parent since.
void DiskPass::look_again(PieceRecord piece) {
  auto head = folder_.read_head(piece.head->fingerprint, name_of(*piece.head));
  if (!head) return;
  piece.head = std::make_shared<const PieceHead>(std::move(*head));
  admit(std::move(piece), false);
}

void DiskPass::finish() {
  const auto spare = [this](const PieceHead& head) { return unread(head); };
  const DiskLedger::PassEnd end = ledger_.end_pass(spare);
  for (const PieceRecord& piece : end.lost) listener_.lost(piece);
  for (const PieceRecord& piece : end.found) listener_.found(piece);
  for (const PieceRecord& piece : end.orphans) look_again(piece);
  ledger_.forget_waiting();
  for (const PieceRecord& piece : end.orphans) {
    // Their parents may stand in a file that could not be read, or that the writer, which is
    // another process, is about to write.
    const PieceHead& head = *piece.head;
    if (may_delete_ && !spare(head) && !ledger_.find(head.key)) {
      discard(head.fingerprint, name_of(head), true);
    }
  }
  if (may_delete_) folder_.sync_removals();
  indexed_ = {};
  index_places_ = {};
  admitted_ = 0;
  active_ = false;
  ledger_.pass_ended();
}

}  // namespace anyclaude
