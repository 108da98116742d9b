#include "protocol/server_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/json_text.h"

namespace anyclaude {
namespace {

Result<Json> parse_report(const std::string& json, const char* what) {
  auto parsed = parse_json(json, {});
  if (!parsed || !parsed->is_object()) {
    return fail(Error::Kind::upstream,
                fmt::format("the server's {} is not what was expected", what));
  }
  return parsed;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool truth_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

double number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

uint32_t count_of(const Json& object, const char* key) {
  const double most = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::clamp(number_of(object, key), 0.0, most));
}

// The objects of the array that is a member of `object`.
std::vector<Json> objects_of(const Json& object, const char* key) {
  std::vector<Json> objects;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return objects;
  for (const Json& element : *found) {
    if (element.is_object()) objects.push_back(element);
  }
  return objects;
}

}  // namespace

Result<HealthReport> decode_health(const std::string& json) {
  const Json object = TRY(parse_report(json, "health"));
  HealthReport health;
  health.ready = truth_of(object, "ready");
  health.failed = truth_of(object, "failed");
  health.progress = static_cast<float>(number_of(object, "progress"));
  health.what = text_of(object, "what");
  health.proof = text_of(object, "proof");
  return health;
}

Result<std::vector<ModelReport>> decode_models(const std::string& json) {
  const Json object = TRY(parse_report(json, "list of models"));
  std::vector<ModelReport> models;
  for (const Json& entry : objects_of(object, "data")) {
    models.push_back({text_of(entry, "id"), text_of(entry, "display_name"),
                      count_of(entry, "max_input_tokens"), count_of(entry, "max_tokens")});
  }
  return models;
}

std::string decode_error_message(const std::string& json) {
  const auto object = parse_json(json, {});
  if (!object || !object->is_object()) return {};
  const auto error = object->find("error");
  return error != object->end() && error->is_object() ? text_of(*error, "message") : std::string();
}

uint64_t sum_metric(std::string_view metrics, std::string_view name, std::string_view label) {
  uint64_t sum = 0;
  while (!metrics.empty()) {
    const size_t end = std::min(metrics.find('\n'), metrics.size());
    const std::string_view line = metrics.substr(0, end);
    metrics.remove_prefix(std::min(end + 1, metrics.size()));
    if (!line.starts_with(name)) continue;
    const char next = line.size() > name.size() ? line[name.size()] : '\0';
    if (next != ' ' && next != '{') continue;
    const std::string_view labels = line.substr(name.size(), line.rfind(' ') - name.size());
    if (labels.find(label) == std::string_view::npos) continue;
    const std::string_view number = line.substr(line.rfind(' ') + 1);
    uint64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    sum += value;
  }
  return sum;
}

}  // namespace anyclaude
