#include "prompt/echo_table.h"

#include <algorithm>
#include <utility>

namespace anyclaude {
namespace {

constexpr uint8_t record_version = 1;
constexpr size_t nodes_bytes = 160;  // of list and map, for an entry

uint64_t bytes_of_entry(const SampledAnswer& answer) {
  uint64_t bytes = answer.tokens.size() * sizeof(int32_t) + sizeof(EchoName) + nodes_bytes;
  for (const auto& id : answer.call_ids) bytes += sizeof id + id.size();
  return bytes;
}

// Seven bits a byte, the low ones first, the top bit set in all but the last.
void put(std::vector<uint8_t>& out, size_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<uint8_t>(number | 0x80));
  out.push_back(static_cast<uint8_t>(number));
}

std::optional<int32_t> take(std::span<const uint8_t>& bytes) {
  uint64_t number = 0;
  for (int shift = 0; shift <= 28 && !bytes.empty(); shift += 7) {
    const uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    number |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (number > INT32_MAX) return {};
    if ((byte & 0x80) == 0) return static_cast<int32_t>(number);
  }
  return {};
}

}  // namespace

std::vector<uint8_t> encode_answer(const SampledAnswer& answer) {
  std::vector<uint8_t> out = {record_version, static_cast<uint8_t>(answer.thinking ? 1 : 0)};
  out.reserve(3 + answer.tokens.size() * 3);
  put(out, answer.call_ids.size());
  for (const auto& id : answer.call_ids) {
    put(out, id.size());
    out.insert(out.end(), id.begin(), id.end());
  }
  for (const int32_t token : answer.tokens) put(out, static_cast<size_t>(token));
  return out;
}

std::optional<SampledAnswer> decode_answer(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 || bytes[0] != record_version || bytes[1] > 1) return {};
  SampledAnswer answer{.thinking = bytes[1] == 1};
  bytes = bytes.subspan(2);
  const auto ids = take(bytes);
  for (int32_t i = 0; ids && i < *ids; ++i) {
    const auto length = take(bytes);
    if (!length || static_cast<size_t>(*length) > bytes.size()) return {};
    const auto id = bytes.first(static_cast<size_t>(*length));
    answer.call_ids.emplace_back(id.begin(), id.end());
    bytes = bytes.subspan(id.size());
  }
  while (!bytes.empty()) {
    const auto token = take(bytes);
    if (!token) return {};
    answer.tokens.push_back(*token);
  }
  if (answer.tokens.empty()) return {};
  return answer;
}

void EchoTable::add(const std::vector<EchoName>& names, SampledAnswer answer) {
  if (answer.tokens.empty()) return;
  const auto bytes = encode_answer(answer);
  const auto shared = std::make_shared<const SampledAnswer>(std::move(answer));
  for (const EchoName& name : names) {
    put(name, shared);
    write_down({reinterpret_cast<const char*>(name.data()), name.size()}, bytes);
  }
}

void EchoTable::restore(std::string_view key, std::span<const uint8_t> value) {
  EchoName name{};
  auto answer = decode_answer(value);
  if (key.size() != name.size() || !answer) return;
  std::ranges::copy(key, name.begin());
  put(name, std::make_shared<const SampledAnswer>(std::move(*answer)));
}

void EchoTable::put(const EchoName& name, std::shared_ptr<const SampledAnswer> answer) {
  const uint64_t bytes = bytes_of_entry(*answer);
  const MutexLock lock(mutex_);
  answers_.put(name, std::move(answer), bytes);
}

std::shared_ptr<const SampledAnswer> EchoTable::find(const EchoName& name) {
  const MutexLock lock(mutex_);
  const auto* known = answers_.find(name);
  return known ? *known : nullptr;
}

uint64_t EchoTable::bytes() const {
  const MutexLock lock(mutex_);
  return answers_.cost();
}

}  // namespace anyclaude
