// Pieces to store: conversations cut into ranges, with payloads that their keys determine.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kv/block.h"
#include "kv/piece_file.h"

namespace anyclaude {

struct TestPiece {
  PieceHead head;
  Bytes payload;
};

inline TestPiece make_piece(PieceKind kind, const Fingerprint& fingerprint, const PieceKey& parent,
                            const std::vector<Token>& prefix, uint32_t begin, size_t bytes) {
  TestPiece piece;
  piece.head.kind = kind;
  piece.head.fingerprint = fingerprint;
  piece.head.key = piece_key(kind, fingerprint, begin, prefix);
  piece.head.parent = parent;
  piece.head.begin = begin;
  piece.head.end = static_cast<uint32_t>(prefix.size());
  piece.head.tokens.assign(prefix.begin() + begin, prefix.end());
  piece.head.made_s = 1'700'000'000;
  std::vector<uint8_t> payload(bytes);
  std::mt19937_64 random(piece.head.key.low);
  for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random());
  piece.head.payload_bytes = payload.size();
  piece.head.payload_checksum = payload_checksum(payload);
  piece.payload = std::make_shared<const std::vector<uint8_t>>(std::move(payload));
  return piece;
}

// `count` ranges of 16 tokens in a row, of a conversation of its own, and a point at their end.
inline std::vector<TestPiece> make_conversation(uint32_t number, size_t count,
                                                size_t payload_bytes = 100,
                                                Fingerprint fingerprint = {7, 7}) {
  std::vector<TestPiece> pieces;
  std::vector<Token> prefix;
  PieceKey parent;
  for (uint32_t i = 0; i < count; ++i) {
    const auto begin = static_cast<uint32_t>(prefix.size());
    for (uint32_t k = 0; k < 16; ++k) {
      prefix.push_back(static_cast<Token>(number * 100'000 + begin + k));
    }
    pieces.push_back(
        make_piece(PieceKind::range, fingerprint, parent, prefix, begin, payload_bytes));
    pieces.back().head.note = "conversation " + std::to_string(number);
    parent = pieces.back().head.key;
  }
  pieces.push_back(make_piece(PieceKind::point, fingerprint, parent, prefix,
                              static_cast<uint32_t>(prefix.size()), payload_bytes));
  return pieces;
}

}  // namespace anyclaude
