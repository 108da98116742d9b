#include "cli/server_state.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "base/file.h"
#include "base/process.h"

namespace anyclaude {
namespace {

constexpr size_t file_bytes_max = 64 * 1024;

bool is_state_file(const std::string& name) {
  return name.starts_with("server-") && name.ends_with(".toml");
}

std::vector<std::string> strings_of(const toml::array* list) {
  std::vector<std::string> strings;
  if (list == nullptr) return strings;
  for (const auto& element : *list) strings.push_back(element.value_or(std::string()));
  return strings;
}

}  // namespace

std::string encode_state(const ServerState& state) {
  toml::array settings;
  for (const std::string& setting : state.settings) settings.push_back(setting);
  toml::array more_models;
  for (const std::string& model : state.more_models) more_models.push_back(model);
  toml::array report;
  for (const auto& [name, text] : state.report) report.push_back(toml::array{name, text});
  const toml::table table{{"pid", static_cast<int64_t>(state.process)},
                          {"host", state.host},
                          {"port", static_cast<int64_t>(state.port)},
                          {"nonce", state.nonce},
                          {"started", state.started_s},
                          {"model", state.model},
                          {"more_models", more_models},
                          {"version", state.version},
                          {"settings", settings},
                          {"report", report}};
  std::ostringstream out;
  out << table << "\n";
  return out.str();
}

Result<ServerState> decode_state(std::string_view text) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(Error::Kind::io, std::string(error.description()));
  }
  ServerState state;
  state.process = static_cast<pid_t>(table["pid"].value_or(int64_t{0}));
  state.host = table["host"].value_or(std::string());
  const int64_t port = table["port"].value_or(int64_t{0});
  state.nonce = table["nonce"].value_or(std::string());
  state.started_s = table["started"].value_or(int64_t{0});
  state.model = table["model"].value_or(std::string());
  state.version = table["version"].value_or(std::string());
  state.settings = strings_of(table["settings"].as_array());
  state.more_models = strings_of(table["more_models"].as_array());
  if (const toml::array* report = table["report"].as_array()) {
    for (const auto& entry : *report) {
      const toml::array* pair = entry.as_array();
      if (pair == nullptr || pair->size() != 2) continue;
      state.report.emplace_back((*pair)[0].value_or(std::string()),
                                (*pair)[1].value_or(std::string()));
    }
  }
  if (state.process <= 0 || state.host.empty() || state.nonce.empty() || port <= 0 ||
      port > 65'535) {
    return fail(Error::Kind::io, "incomplete");
  }
  state.port = static_cast<uint16_t>(port);
  return state;
}

std::filesystem::path state_file(const std::filesystem::path& runtime, uint16_t port) {
  return runtime / fmt::format("server-{}.toml", port);
}

std::vector<ServerState> read_states(const std::filesystem::path& runtime, uint16_t port) {
  std::vector<std::filesystem::path> files;
  if (port != 0) {
    files.push_back(state_file(runtime, port));
  } else {
    for (const auto& file : list_folder(runtime)) {
      if (is_state_file(file.filename().string())) files.push_back(file);
    }
  }
  std::vector<ServerState> states;
  for (const auto& file : files) {
    const auto text = read_file(file, file_bytes_max);
    if (!text) continue;
    const auto state = decode_state(*text);
    if (state && process_runs(state->process)) {
      states.push_back(*state);
    } else {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  }
  return states;
}

Result<void> write_state(const std::filesystem::path& runtime, const ServerState& state) {
  TRY_VOID(make_private_folder(runtime));
  return write_file(state_file(runtime, state.port), encode_state(state));
}

void remove_state(const std::filesystem::path& runtime, const ServerState& state) {
  const auto file = state_file(runtime, state.port);
  const auto text = read_file(file, file_bytes_max);
  if (!text) return;
  const auto current = decode_state(*text);
  std::error_code ignored;
  if (current && current->nonce == state.nonce) std::filesystem::remove(file, ignored);
}

}  // namespace anyclaude
