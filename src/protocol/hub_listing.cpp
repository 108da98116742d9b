#include "protocol/hub_listing.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/json_fields.h"

namespace anyclaude {
namespace {

constexpr size_t path_bytes_max = 400;
constexpr size_t name_bytes_max = 200;  // a file system allows 255, and we write longer ones
constexpr size_t sha256_digits = 64;
constexpr std::string_view marks_in_names = "._-+=@,()[]";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  marks_in_names.contains(c);
         });
}

bool is_safe_path(std::string_view path) {
  if (path.size() > path_bytes_max) return false;
  while (true) {
    const size_t slash = path.find('/');
    if (!is_name(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string text_of(Json& object, std::string_view key) {
  const Json* const value = find_member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

uint64_t count_of(Json& object, std::string_view key) {
  const Json* const value = find_member(object, key);
  return value != nullptr && value->is_number_unsigned() ? value->get<uint64_t>() : 0;
}

std::unexpected<Error> no_listing() {
  return fail(Error::Kind::upstream, "The hub's answer is no list of a repository's files.");
}

}  // namespace

Result<HubListing> decode_hub_listing(const std::string& json) {
  auto parsed = parse_json(json, {});
  if (!parsed || !parsed->is_object()) return no_listing();
  HubListing listing;
  listing.revision = text_of(*parsed, "sha");
  Json* const siblings = find_member(*parsed, "siblings");
  if (!is_hex(listing.revision, 40) || siblings == nullptr || !siblings->is_array()) {
    return no_listing();
  }
  for (Json& sibling : *siblings) {
    if (!sibling.is_object()) return no_listing();
    HubFile file{.path = text_of(sibling, "rfilename"), .bytes = count_of(sibling, "size")};
    if (!is_safe_path(file.path)) continue;
    if (Json* const lfs = find_member(sibling, "lfs"); lfs != nullptr && lfs->is_object()) {
      file.sha256 = text_of(*lfs, "sha256");
      // Some mirrors call it as the file tree does.
      if (file.sha256.empty()) file.sha256 = text_of(*lfs, "oid");
      if (!is_hex(file.sha256, sha256_digits)) file.sha256.clear();
      if (file.bytes == 0) file.bytes = count_of(*lfs, "size");
    }
    listing.files.push_back(std::move(file));
  }
  return listing;
}

}  // namespace anyclaude
