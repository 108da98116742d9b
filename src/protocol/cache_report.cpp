#include "protocol/cache_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <functional>
#include <string_view>
#include <utility>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

// ---- One description of each body's fields, for both ways. `field(name, member)` is called for
// each of them.

template <class Fields>
void describe(TierReport& tier, Fields field) {
  field("bytes", tier.bytes);
  field("bytes_max", tier.bytes_max);
  field("pieces", tier.pieces);
  field("tokens", tier.tokens);
}

template <class Fields>
void describe(CacheReport& report, Fields field) {
  field("folder", report.folder);
  field("ram", report.ram);
  field("disk", report.disk);
  field("writes", report.writes);
  field("problem", report.problem);
}

template <class Fields>
void describe(PromptReport& prompt, Fields field) {
  field("id", prompt.id);
  field("model", prompt.model);
  field("sharing", prompt.sharing);
  field("words", prompt.words);
  field("tokens", prompt.tokens);
  field("bytes", prompt.bytes);
  field("bytes_alone", prompt.bytes_alone);
  field("in_ram", prompt.in_ram);
  field("on_disk", prompt.on_disk);
  field("imported", prompt.imported);
  field("last_used", prompt.last_used_s);
  field("hits", prompt.hits);
}

template <class Fields>
void describe(PromptList& list, Fields field) {
  field("count", list.count);
  field("prompts", list.prompts);
}

template <class Fields>
void describe(VerifyReport& report, Fields field) {
  field("pieces", report.pieces);
  field("pieces_all", report.pieces_all);
  field("bytes", report.bytes);
  field("wrong", report.wrong);
  field("done", report.done);
}

template <class Fields>
void describe(PruneOrder& order, Fields field) {
  field("disk_bytes_max", order.disk_bytes_max);
  field("unused_since", order.unused_since_s);
  field("model", order.model);
  field("prompt", order.prompt);
}

template <class Fields>
void describe(PruneReport& report, Fields field) {
  field("bytes", report.bytes);
}

template <class Fields>
void describe(ExchangeOrder& order, Fields field) {
  field("prompt", order.prompt);
  field("path", order.path);
  field("team_key", order.team_key);
  field("trust", order.trust);
}

template <class Fields>
void describe(ExchangeReport& report, Fields field) {
  field("model", report.model);
  field("sharing", report.sharing);
  field("words", report.words);
  field("tokens", report.tokens);
  field("bytes", report.bytes);
  field("pieces", report.pieces);
  field("pieces_new", report.pieces_new);
}

// ---- To JSON ------------------------------------------------------------------------------------

template <class T>
Json to_json(const T& value);

template <class T>
void put(Json& object, const char* name, const T& value) {
  if constexpr (requires { Json(value); }) {
    object[name] = value;
  } else {
    object[name] = to_json(value);
  }
}

template <class T>
void put(Json& object, const char* name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

template <class T>
void put(Json& object, const char* name, const std::vector<T>& values) {
  object[name] = Json::array();
  for (const T& value : values) object[name].push_back(to_json(value));
}

template <class T>
Json to_json(const T& value) {
  Json object = Json::object();
  // Nothing is changed through it.
  describe(const_cast<T&>(value),
           [&](const char* name, const auto& member) { put(object, name, member); });
  return object;
}

template <class T>
std::string print(const T& value) {
  return to_json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// ---- From JSON ----------------------------------------------------------------------------------

// Takes the fields of one object; the first that is wrong is remembered.
struct Taker {
  const Json& object;
  std::string wrong;

  bool take(const Json& value, std::string& out) {
    if (value.is_string()) out = value.get<std::string>();
    return value.is_string();
  }
  bool take(const Json& value, bool& out) {
    if (value.is_boolean()) out = value.get<bool>();
    return value.is_boolean();
  }
  template <std::integral T>
  bool take(const Json& value, T& out) {
    const bool fits = value.is_number_unsigned()
                          ? std::in_range<T>(value.get<uint64_t>())
                          : value.is_number_integer() && std::in_range<T>(value.get<int64_t>());
    if (fits) out = value.get<T>();
    return fits;
  }
  template <class T>
  bool take(const Json& value, std::optional<T>& out) {
    return take(value, out.emplace());
  }
  template <class T>
  bool take(const Json& value, std::vector<T>& out) {
    if (!value.is_array()) return false;
    for (const Json& element : value) {
      if (!take(element, out.emplace_back())) return false;
    }
    return true;
  }
  template <class T>
  bool take(const Json& value, T& out) {
    if (!value.is_object()) return false;
    Taker inner{value, {}};
    describe(out, std::ref(inner));
    return inner.wrong.empty();
  }

  template <class T>
  void operator()(const char* name, T& member) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return;
    if (!take(*found, member) && wrong.empty()) wrong = name;
  }
};

template <class T>
Result<T> read_order(const std::string& json) {
  const Json object = TRY(parse_json(json.empty() ? "{}" : json, {}));
  if (!object.is_object()) {
    return fail(Error::Kind::invalid_request, "The body must be a JSON object.");
  }
  T out;
  // An order that is not understood whole could do more than was meant.
  std::vector<std::string_view> known;
  describe(out, [&](const char* name, const auto&) { known.emplace_back(name); });
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return fail(Error::Kind::invalid_request, fmt::format("{}: there is no such field.", name));
  }
  Taker taker{object, {}};
  describe(out, std::ref(taker));
  if (taker.wrong.empty()) return out;
  return fail(Error::Kind::invalid_request,
              fmt::format("{}: not a value of this field.", taker.wrong));
}

template <class T>
Result<T> read_report(const std::string& json) {
  const auto object = parse_json(json, {});
  T out;
  if (object && Taker{*object, {}}.take(*object, out)) return out;
  return fail(Error::Kind::upstream, "The server's answer is not what was expected.");
}

}  // namespace

std::string encode(const CacheReport& report) { return print(report); }
std::string encode(const PromptList& list) { return print(list); }
std::string encode(const VerifyReport& report) { return print(report); }
std::string encode(const PruneOrder& order) { return print(order); }
std::string encode(const PruneReport& report) { return print(report); }
std::string encode(const ExchangeOrder& order) { return print(order); }
std::string encode(const ExchangeReport& report) { return print(report); }

Result<CacheReport> decode_cache_report(const std::string& json) {
  return read_report<CacheReport>(json);
}
Result<PromptList> decode_prompt_list(const std::string& json) {
  return read_report<PromptList>(json);
}
Result<VerifyReport> decode_verify_report(const std::string& json) {
  return read_report<VerifyReport>(json);
}
Result<PruneOrder> decode_prune_order(const std::string& json) {
  return read_order<PruneOrder>(json);
}
Result<PruneReport> decode_prune_report(const std::string& json) {
  return read_report<PruneReport>(json);
}
Result<ExchangeOrder> decode_exchange_order(const std::string& json) {
  return read_order<ExchangeOrder>(json);
}
Result<ExchangeReport> decode_exchange_report(const std::string& json) {
  return read_report<ExchangeReport>(json);
}

}  // namespace anyclaude
