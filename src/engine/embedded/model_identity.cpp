// libllama's public interface does not tell what it decided (flash attention, effective rope);
// llama-context.h is its own.
#include "engine/embedded/model_identity.h"
#include "base/bytes.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "base/file.h"
#include "engine/embedded/metadata.h"
#include "llama-context.h"
#include "llama-cparams.h"
#include "llama.h"

namespace anyclaude {
namespace {

constexpr size_t read_bytes = 4 << 20;
// Of how this program cuts a model's state into pieces (cells.cpp).
constexpr int state_version = 1;

// The files of a model: a split one's are named NAME-00001-of-00004.gguf.
std::vector<std::filesystem::path> files_of(const std::string& path, const llama_model* model) {
  const int files = std::atoi(metadata_of(model, "split.count").value_or("1").c_str());
  std::array<char, 4096> prefix{};
  if (files < 2 || llama_split_prefix(prefix.data(), prefix.size(), path.c_str(), 0, files) == 0) {
    return {path};
  }
  std::vector<std::filesystem::path> out;
  for (int i = 0; i < files; ++i) {
    std::array<char, 4096> name{};
    llama_split_path(name.data(), name.size(), prefix.data(), i, files);
    out.emplace_back(name.data());
  }
  return out;
}

}  // namespace

Result<Hash128> content_hash(const std::filesystem::path& path,
                             const std::filesystem::path& memory_folder) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(Error::Kind::not_found, fmt::format("{} cannot be looked at", path.string()));
  }
#if defined(__APPLE__)
  const timespec changed = status.st_mtimespec;
#else
  const timespec changed = status.st_mtim;
#endif
  const std::string identity = fmt::format("{} {} {} {} {}", status.st_dev, status.st_ino,
                                           status.st_size, changed.tv_sec, changed.tv_nsec);
  const Hash128 name = hash128(bytes_of(identity));
  const auto memory = memory_folder / to_hex(name);
  if (!memory_folder.empty()) {
    const auto known = read_file(memory, 64);
    const auto hash = known ? parse_hash(*known) : std::nullopt;
    if (hash) return *hash;
  }
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<char> buffer(read_bytes);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    XXH3_128bits_update(state.get(), buffer.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad() || !file.eof()) {
    return fail(Error::Kind::io, fmt::format("{} cannot be read to its end", path.string()));
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(state.get());
  const Hash128 hash{digest.high64, digest.low64};
  if (!memory_folder.empty() && make_private_folder(memory_folder)) {
    const auto kept = write_file(memory, to_hex(hash));
    if (!kept)
      spdlog::debug("The model's file is read again at the next start: {}", kept.error().message);
  }
  return hash;
}

Result<Fingerprint> fingerprint_of(const EmbeddedOptions& options, const llama_model* model,
                                   const llama_context* context) {
  std::string all = fmt::format("state {}\n", state_version);
  for (const auto& file : files_of(options.model_path, model)) {
    all += "file " + to_hex(TRY(content_hash(file, options.identity_folder))) + '\n';
  }
  const llama_cparams& parameters = context->get_cparams();
  const auto type = [](const std::string& given) { return given.empty() ? "f16" : given; };
  all += fmt::format("kv {} {} flash {}\n", type(options.kv_type_k), type(options.kv_type_v),
                     parameters.flash_attn);
  all += fmt::format(
      "rope {} {} yarn {} {} {} {} {} long {}\n", parameters.rope_freq_base,
      parameters.rope_freq_scale, parameters.n_ctx_orig_yarn, parameters.yarn_ext_factor,
      parameters.yarn_attn_factor, parameters.yarn_beta_fast, parameters.yarn_beta_slow,
      picks_rope_by_context(model) && parameters.n_ctx_seq > parameters.n_ctx_orig_yarn);
  const char* unrotated = std::getenv("LLAMA_ATTN_ROT_DISABLE");
  all += fmt::format("override {} unrotated {}\n", options.override_kv,
                     unrotated ? std::atoi(unrotated) : 0);
  return hash128(bytes_of(all));
}

}  // namespace anyclaude
