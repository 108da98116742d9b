#include "prompt/tool_sets.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/little_endian.h"
#include "prompt/tool_order.h"

namespace anyclaude {
namespace {

constexpr uint8_t record_version = 1;
constexpr size_t id_bytes = 2 * sizeof(uint64_t);
// Of the kinds that are looked at for where they part: the newest.
constexpr size_t partings_max = 4;

uint64_t hash_of(std::string_view text, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

// Where those of `order` stand in `ids`, each once, as far as they are there.
template <class Id>
std::vector<size_t> places_of(const std::vector<Id>& order, const std::vector<Id>& ids) {
  std::vector<size_t> places;
  std::vector<bool> taken(ids.size(), false);
  for (const Id& id : order) {
    size_t place = 0;
    while (place < ids.size() && (taken[place] || ids[place] != id)) ++place;
    if (place == ids.size()) break;
    taken[place] = true;
    places.push_back(place);
  }
  return places;
}

template <class Value>
void put_in_order(std::vector<Value>& values, const std::vector<size_t>& places) {
  std::vector<Value> ordered;
  for (const size_t place : places) ordered.push_back(std::move(values[place]));
  values = std::move(ordered);
}

}  // namespace

std::vector<ToolSets::Id> ToolSets::ids_of(const std::vector<Tool>& tools) {
  std::vector<Id> ids;
  for (const Tool& tool : tools) {
    const uint64_t name = hash_of(tool.name);
    ids.push_back({name, hash_of(tool.input_schema_json, hash_of(tool.description, name))});
  }
  return ids;
}

uint64_t ToolSets::kind_of(const std::vector<Id>& order) {
  uint64_t kind = 0;
  for (const Id& id : order) kind += id.name;
  return kind;
}

std::vector<uint8_t> ToolSets::encode(uint64_t sharing, const std::vector<Id>& order) {
  std::vector<uint8_t> out = {record_version};
  put(out, sharing);
  for (const Id& id : order) {
    put(out, id.name);
    put(out, id.words);
  }
  return out;
}

void ToolSets::restore(std::string_view key, std::span<const uint8_t> value) {
  ByteReader reader(value);
  const bool known = reader.get<uint8_t>() == record_version;
  ToolSet set{.sharing = reader.get<uint64_t>()};
  const bool whole = reader.ok() && reader.rest().size() % id_bytes == 0;
  if (!known || !whole || reader.rest().size() / id_bytes > tools_max) return;
  while (!reader.rest().empty()) {
    const auto name = reader.get<uint64_t>();
    set.order.push_back({name, reader.get<uint64_t>()});
  }
  set.kind = kind_of(set.order);
  const MutexLock lock(mutex_);
  sets_.put(std::string(key), std::move(set));
}

std::vector<size_t> ToolSets::arrange(std::vector<Tool>& tools, std::string_view sharing) {
  if (tools.size() < 2 || tools.size() > tools_max) return likely_partings(tools);
  std::vector<Id> ids = ids_of(tools);
  const uint64_t shared = hash_of(sharing);
  // Of the tools in the shipped order: the same however the client lists them.
  const std::vector<uint8_t> content = encode(shared, ids);
  std::vector<uint8_t> hash;
  put(hash, XXH3_64bits(content.data(), content.size()));
  const std::string name(hash.begin(), hash.end());

  const MutexLock lock(mutex_);
  const ToolSet* known = sets_.find(name);
  std::vector<size_t> places;
  if (known && known->sharing == shared) places = places_of(known->order, ids);
  if (places.size() != ids.size()) {
    places = new_order(tools, ids, shared);
    known = nullptr;
  }
  put_in_order(tools, places);
  put_in_order(ids, places);
  if (!known) {
    sets_.put(name, {.sharing = shared, .order = ids, .kind = kind_of(ids)});
    write_down(name, encode(shared, ids));
  }
  std::vector<size_t> partings = likely_partings(tools);
  const auto others = kinds(shared);
  for (size_t i = 0; i < others.size() && i <= partings_max; ++i) {
    const auto& other = others[i]->order;
    const auto parting = std::ranges::mismatch(ids, other).in1 - ids.begin();
    if (parting > 0 && parting < std::ssize(ids)) {
      partings.push_back(static_cast<size_t>(parting));
    }
  }
  std::ranges::sort(partings);
  const auto [repeated, end] = std::ranges::unique(partings);
  partings.erase(repeated, end);
  return partings;
}

std::vector<const ToolSets::ToolSet*> ToolSets::kinds(uint64_t sharing) const {
  std::vector<const ToolSet*> newest;
  std::set<uint64_t> seen;
  sets_.each([&](const ToolSet& set) {
    if (set.sharing == sharing && seen.insert(set.kind).second) newest.push_back(&set);
  });
  return newest;
}

// `tools` are in the shipped order.
std::vector<size_t> ToolSets::new_order(const std::vector<Tool>& tools, const std::vector<Id>& ids,
                                        uint64_t sharing) const {
  std::vector<size_t> begin;
  size_t most = 0;
  std::map<uint64_t, std::map<uint64_t, size_t>> uses;  // by name, by words
  for (const ToolSet* kind : kinds(sharing)) {
    auto common = places_of(kind->order, ids);
    size_t bytes = 0;
    for (const size_t place : common) bytes += bytes_of(tools[place]);
    if (bytes > most) {
      most = bytes;
      begin = std::move(common);
    }
    for (const Id& id : kind->order) ++uses[id.name][id.words];
  }
  std::vector<size_t> rest;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (std::ranges::find(begin, i) == begin.end()) rest.push_back(i);
  }
  const auto in_the_same_words = [&](size_t i) {
    size_t count = 0;
    for (const auto& [words, times] : uses[ids[i].name]) count = std::max(count, times);
    return count;
  };
  std::ranges::stable_sort(rest, std::greater(), in_the_same_words);
  begin.insert(begin.end(), rest.begin(), rest.end());
  return begin;
}

}  // namespace anyclaude
