#include "protocol/json_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace anyclaude {

std::string JsonPath::print() const {
  if (parent == nullptr) return std::string(key);
  std::string text = parent->print();
  if (!text.empty()) text += '.';
  if (key.empty()) {
    text += std::to_string(index);
  } else {
    text += key;
  }
  return text;
}

std::unexpected<Error> fail_at(const JsonPath& path, std::string_view message) {
  return fail(Error::Kind::invalid_request, fmt::format("{}: {}", path.print(), message));
}

Json* find_member(Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> take_string(Json& object, std::string_view key, const JsonPath& path) {
  const JsonPath here{&path, key};
  Json* value = find_member(object, key);
  if (value == nullptr) return fail_at(here, "Field required");
  if (!value->is_string()) return fail_at(here, "Input should be a valid string");
  return std::move(value->get_ref<std::string&>());
}

Result<std::string> take_optional_string(Json& object, std::string_view key, const JsonPath& path) {
  if (find_member(object, key) == nullptr) return std::string();
  return take_string(object, key, path);
}

Result<bool> read_bool(Json& object, std::string_view key, bool otherwise, const JsonPath& path) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return fail_at({&path, key}, "Input should be a valid boolean");
  return value->get<bool>();
}

Result<std::optional<int32_t>> read_count(Json& object, std::string_view key, int32_t minimum,
                                          int32_t maximum, const JsonPath& path) {
  const JsonPath here{&path, key};
  const Json* value = find_member(object, key);
  if (value == nullptr) return std::nullopt;
  // As a double, integers of any size compare without overflow.
  const double number = value->is_number() ? value->get<double>() : 0.5;
  if (number != std::floor(number)) return fail_at(here, "Input should be a valid integer");
  if (number < minimum) {
    return fail_at(here, fmt::format("Input should be greater than or equal to {}", minimum));
  }
  return number > maximum ? maximum : static_cast<int32_t>(number);
}

Result<std::optional<float>> read_number(Json& object, std::string_view key, float minimum,
                                         float maximum, const JsonPath& path) {
  const JsonPath here{&path, key};
  const Json* value = find_member(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) return fail_at(here, "Input should be a valid number");
  const double number = value->get<double>();
  if (number < minimum || number > maximum) {
    return fail_at(here, fmt::format("Input should be between {} and {}", minimum, maximum));
  }
  return static_cast<float>(number);
}

Result<Json*> find_object(Json& parent, std::string_view key, const JsonPath& path) {
  const JsonPath here{&path, key};
  Json* value = find_member(parent, key);
  if (value == nullptr) return fail_at(here, "Field required");
  TRY_VOID(check_object(*value, here));
  return value;
}

Result<std::vector<std::string>> take_strings(Json& object, std::string_view key, size_t size_max,
                                              const JsonPath& path) {
  std::vector<std::string> texts;
  const JsonPath here{&path, key};
  Json* values = find_member(object, key);
  if (values == nullptr) return texts;
  TRY_VOID(check_array(*values, size_max, here));
  for (size_t i = 0; i < values->size(); ++i) {
    Json& value = (*values)[i];
    if (!value.is_string()) return fail_at({&here, {}, i}, "Input should be a valid string");
    texts.push_back(std::move(value.get_ref<std::string&>()));
  }
  return texts;
}

Result<Json> parse_object(std::string text, const JsonLimits& limits) {
  Json body = TRY(parse_json(std::move(text), limits));
  if (!body.is_object()) {
    return fail(Error::Kind::invalid_request, "The request body should be a JSON object.");
  }
  return body;
}

Result<void> check_object(const Json& value, const JsonPath& path) {
  if (!value.is_object()) return fail_at(path, "Input should be an object");
  return {};
}

Result<void> check_array(const Json& value, size_t size_max, const JsonPath& path) {
  if (!value.is_array()) return fail_at(path, "Input should be a valid list");
  if (value.size() > size_max) {
    return fail_at(path, fmt::format("List should have at most {} items", size_max));
  }
  return {};
}

}  // namespace anyclaude
