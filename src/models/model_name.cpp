#include "models/model_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <map>
#include <set>

#include "models/known_models.h"

namespace anyclaude {
namespace {

constexpr std::string_view extension = ".gguf";
constexpr std::string_view usual_quant = "Q4_K_M";
constexpr size_t quants_named_most = 24;

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

bool is_word(std::string_view word) {
  return !word.empty() && word.size() <= 96 && word.front() != '.' &&
         std::ranges::all_of(word, [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_gguf(std::string_view path) { return path.ends_with(extension); }

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "-00001-of-00002" at the end of a stem; its length, or 0.
size_t part_suffix(std::string_view stem, PartNumber& number) {
  constexpr std::string_view form = "-00000-of-00000";
  if (stem.size() <= form.size()) return 0;
  const std::string_view suffix = stem.substr(stem.size() - form.size());
  for (size_t i = 0; i < form.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(suffix[i])) != 0;
    if (form[i] == '0' ? !digit : suffix[i] != form[i]) return 0;
  }
  std::from_chars(suffix.data() + 1, suffix.data() + 6, number.part);
  std::from_chars(suffix.data() + 10, suffix.data() + 15, number.parts);
  return number.part >= 1 && number.part <= number.parts ? form.size() : 0;
}

// The path without the number of its part and the extension: the same for all parts.
std::string_view stem_of(std::string_view path) {
  if (is_gguf(path)) path.remove_suffix(extension.size());
  PartNumber ignored;
  path.remove_suffix(part_suffix(path, ignored));
  return path;
}

bool is_quant(std::string_view word) {
  constexpr std::array<std::string_view, 6> whole = {"F16",  "FP16",  "F32",
                                                     "BF16", "MXFP4", "NVFP4"};
  if (std::ranges::find(whole, word) != whole.end()) return true;
  for (const std::string_view family : {"IQ", "TQ", "Q"}) {
    if (!word.starts_with(family)) continue;
    word.remove_prefix(family.size());
    return !word.empty() && word.front() >= '1' && word.front() <= '8' &&
           (word.size() == 1 || word[1] == '_');
  }
  return false;
}

bool has_quant(std::string_view path, std::string_view quant) {
  const std::string stem = upper(stem_of(path));
  const std::string wanted = upper(quant);
  if (quant_of(path) == wanted) return true;
  for (const char* mark : {"-", "."}) {
    if (std::string_view(stem).ends_with(mark + wanted)) return true;
  }
  return stem.starts_with(wanted + "/") || stem.contains("/" + wanted + "/");
}

// What there is, for who has named something else.
std::string known_quants(const std::vector<std::string>& stems) {
  std::set<std::string> quants;
  for (const std::string& stem : stems) {
    const std::string quant = quant_of(stem);
    if (!quant.empty() && quants.size() < quants_named_most) quants.insert(quant);
  }
  if (quants.empty()) return {};
  return fmt::format(": {}", fmt::join(quants, ", "));
}

Result<std::string> choose_by_quant(const ModelName& name, const std::vector<std::string>& stems,
                                    std::string_view quant) {
  std::vector<std::string> fitting;
  std::ranges::copy_if(stems, std::back_inserter(fitting),
                       [&](const std::string& stem) { return has_quant(stem, quant); });
  if (fitting.size() > 1) {  // "Q4_K_M" is not meant to be "UD-Q4_K_M"
    std::erase_if(fitting, [&](const auto& stem) { return quant_of(stem) != upper(quant); });
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    return fail(Error::Kind::not_found,
                fmt::format("{} has no GGUF of {}; name a quant that it has{}", name.repository,
                            quant, known_quants(stems)));
  }
  return fail(Error::Kind::invalid_request,
              fmt::format("{}:{} could be one of several; name its file: {}{}", name.repository,
                          quant, fmt::join(fitting, ".gguf, "), extension));
}

}  // namespace

std::optional<ModelName> parse_model_name(std::string_view text) {
  if (const KnownModel* known = find_known_model(text)) {
    return ModelName{std::string(known->repository), std::string(known->quant), {}};
  }
  ModelName name;
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    name.quant = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (!is_word(name.quant)) return std::nullopt;
  }
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.size() < 2 || !std::ranges::all_of(words, is_word)) return std::nullopt;
  name.repository = fmt::format("{}/{}", words[0], words[1]);
  if (words.size() > 2) name.file = text.substr(name.repository.size() + 1);
  const bool has_file = !name.file.empty();
  if (has_file ? !name.quant.empty() || !is_gguf(name.file) : is_gguf(name.repository)) {
    return std::nullopt;
  }
  return name;
}

Result<std::string> choose_stem(const ModelName& name, const std::vector<std::string>& stems) {
  if (stems.empty()) {
    return fail(Error::Kind::not_found, fmt::format("{} has no GGUF files", name.repository));
  }
  if (!name.file.empty()) {
    const std::string stem = path_stem(name.file);
    if (std::ranges::find(stems, stem) != stems.end()) return stem;
    return fail(Error::Kind::not_found,
                fmt::format("{} has no file {}; it has GGUFs{}", name.repository, name.file,
                            known_quants(stems)));
  }
  if (!name.quant.empty()) return choose_by_quant(name, stems, name.quant);
  return stems.size() == 1 ? stems.front() : choose_by_quant(name, stems, usual_quant);
}

Result<std::vector<std::string>> choose_files(const ModelName& name,
                                              const std::vector<std::string>& paths) {
  std::map<std::string, std::vector<std::string>> models;  // parts, by the stem
  for (const std::string& path : paths) {
    if (is_model_file(path)) models[path_stem(path)].push_back(path);
  }
  std::vector<std::string> stems;
  for (const auto& [stem, parts] : models) stems.push_back(stem);
  const std::string stem = TRY(choose_stem(name, stems));
  std::vector<std::string>& parts = models[stem];
  std::ranges::sort(parts);
  const unsigned all = part_number(parts.front()).parts;
  if (parts.size() == all) return std::move(parts);
  return fail(Error::Kind::not_found, fmt::format("{} has only {} of the {} parts of {}",
                                                  name.repository, parts.size(), all, stem));
}

bool is_model_file(std::string_view path) {
  const std::string name = upper(file_name(path));
  return is_gguf(path) && !name.contains("MMPROJ") && !name.contains("IMATRIX");
}

std::string path_stem(std::string_view path) { return std::string(stem_of(path)); }

std::string model_stem(std::string_view path) { return std::string(file_name(stem_of(path))); }

std::string quant_of(std::string_view path) {
  const std::string stem = upper(file_name(stem_of(path)));
  std::string_view rest = stem;
  while (!rest.empty()) {
    const size_t mark = rest.find_last_of("-.");
    const std::string_view word = mark == std::string_view::npos ? rest : rest.substr(mark + 1);
    rest = mark == std::string_view::npos ? std::string_view() : rest.substr(0, mark);
    if (!is_quant(word)) continue;
    return rest.ends_with("-UD") ? fmt::format("UD-{}", word) : std::string(word);
  }
  return {};
}

PartNumber part_number(std::string_view path) {
  if (is_gguf(path)) path.remove_suffix(extension.size());
  PartNumber number;
  return part_suffix(path, number) > 0 ? number : PartNumber{};
}

}  // namespace anyclaude
