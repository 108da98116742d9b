// What people see of the tree, and what they throw out of it. Pure functions over the tree.
#pragma once

#include <vector>

#include "kv/cache.h"
#include "kv/tree.h"

namespace anyclaude {

std::vector<KvCache::Listed> list_conversations(const PieceTree& tree);  // newest first

// As KvCache::branches, but for `kept`. O(pieces).
std::vector<KvCache::Branch> list_branches(const PieceTree& tree, size_t branches_max);

std::vector<Token> tokens_of(const PieceNode& range);  // from the root on

// The topmost nodes that are not pinned and were last used before `unused_since_s`, of one
// fingerprint, of one conversation, of one branch or of all; with one but no time: all of it.
// Nothing below them is pinned.
std::vector<PieceNode*> nodes_to_prune(const PieceTree& tree, const KvCache::PruneRule& rule);

std::vector<PieceKey> keys_on_disk(const PieceTree& tree);  // parents before children

}  // namespace anyclaude
