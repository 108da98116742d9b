// What a FoundPrefix names (kv/cache.h): nodes of the tree, which it pins.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kv/tree.h"

namespace anyclaude {

class FoundPrefix;

// Whose nodes they are.
class PrefixOwner {
 public:
  virtual void release(const FoundPrefix& prefix) = 0;  // unpins them; takes the cache's lock

 protected:
  ~PrefixOwner() = default;
};

class FoundPrefix {
 public:
  // Of pinned nodes.
  FoundPrefix(PrefixOwner& owner, std::vector<PieceNode*> ranges, std::vector<PieceNode*> points,
              uint32_t length)
      : ranges(std::move(ranges)), points(std::move(points)), length(length), owner_(owner) {}
  ~FoundPrefix() { owner_.release(*this); }
  FoundPrefix(const FoundPrefix&) = delete;
  FoundPrefix& operator=(const FoundPrefix&) = delete;

  const std::vector<PieceNode*> ranges;  // as PieceTree::Match
  const std::vector<PieceNode*> points;  // ascending
  const uint32_t length;

 private:
  PrefixOwner& owner_;
};

}  // namespace anyclaude
