// Structs to JSON objects and back, both by one description of their fields: a function template
// `describe(value, field)` beside the struct, which calls `field(name, member)` for each of them.
// Members are numbers, booleans, strings, other described structs, and vectors or optionals of
// these.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "protocol/json_text.h"

namespace anyclaude::described_json {

// ---- To JSON ------------------------------------------------------------------------------------

template <class T>
Json to_json(const T& value);

template <class T>
Json value_of(const T& value) {
  if constexpr (requires { Json(value); }) {
    return Json(value);
  } else {
    return to_json(value);
  }
}

template <class T>
void put(Json& object, const char* name, const T& value) {
  object[name] = value_of(value);
}

template <class T>
void put(Json& object, const char* name, const std::optional<T>& value) {
  if (value) object[name] = value_of(*value);
}

template <class T>
void put(Json& object, const char* name, const std::vector<T>& values) {
  object[name] = Json::array();
  for (const T& value : values) object[name].push_back(value_of(value));
}

template <class T>
Json to_json(const T& value) {
  Json object = Json::object();
  // Nothing is changed through it.
  describe(const_cast<T&>(value),
           [&](const char* name, const auto& member) { put(object, name, member); });
  return object;
}

// What is no UTF-8 is replaced.
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
  bool take(const Json& value, double& out) {
    if (value.is_number()) out = value.get<double>();
    return value.is_number();
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

// Of a caller. Error::invalid_request names the field at fault; one that the struct does not have
// is a fault too.
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

// Of another program of ours, perhaps of another version: what is unknown is left out, what is
// missing keeps its default. Error::upstream.
template <class T>
Result<T> read_report(const std::string& json) {
  const auto object = parse_json(json, {});
  T out;
  if (object && Taker{*object, {}}.take(*object, out)) return out;
  return fail(Error::Kind::upstream, "The server's answer is not what was expected.");
}

}  // namespace anyclaude::described_json
