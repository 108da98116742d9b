#include "kv/exchange.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/sync.h"
#include "kv/little_endian.h"
#include "kv/piece_file.h"

namespace anyclaude {
namespace {

constexpr std::string_view magic = "ANYKVEXP";
constexpr uint32_t exchange_format = 1;
constexpr uint8_t signed_flag = 1;
constexpr uint8_t piece_mark = 1;
constexpr uint8_t end_mark = 0;
constexpr size_t fixed_bytes = 8 + 4 + 1 + 16 + 1;  // of the header, in front of the note
constexpr uint64_t bytes_unsettled_max = 256ull << 20;

using Mac = std::array<uint8_t, 32>;
using ByteSpan = std::span<const uint8_t>;

std::unexpected<Error> wrong(const std::filesystem::path& path, const char* what) {
  return fail(Error::Kind::io, fmt::format("{} is no exported prompt: {}.", path.string(), what));
}

// The chain of macs. Zeros without a key.
class Signer {
 public:
  explicit Signer(const std::string& key) {
    if (key.empty()) return;
    key_.reset(EVP_PKEY_new_raw_private_key(
        EVP_PKEY_HMAC, nullptr, reinterpret_cast<const uint8_t*>(key.data()), key.size()));
  }

  const Mac& mac() const { return mac_; }

  // HMAC of the mac before it and of the parts.
  Result<void> add(std::initializer_list<ByteSpan> parts) {
    if (!key_) return {};
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    bool ok = context &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1;
    ok = ok && EVP_DigestSignUpdate(context.get(), mac_.data(), mac_.size()) == 1;
    for (const ByteSpan part : parts) {
      ok = ok && EVP_DigestSignUpdate(context.get(), part.data(), part.size()) == 1;
    }
    size_t size = mac_.size();
    ok = ok && EVP_DigestSignFinal(context.get(), mac_.data(), &size) == 1;
    if (!ok) return fail(Error::Kind::internal, "HMAC-SHA256 is not to be had.");
    return {};
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
  Mac mac_{};
};

struct Header {
  bool is_signed = false;
  Fingerprint fingerprint;
  std::string note;
};

std::vector<uint8_t> encode(const Header& header) {
  std::vector<uint8_t> out;
  put(out, bytes_of(magic));
  put(out, exchange_format);
  put(out, header.is_signed ? signed_flag : uint8_t{0});
  put(out, header.fingerprint);
  put(out, static_cast<uint8_t>(header.note.size()));
  put(out, bytes_of(header.note));
  return out;
}

// ---- Writing ------------------------------------------------------------------------------------

// Takes all that a load gives.
Result<void> drain(KvCache& cache, const KvCache::Named& named, uint32_t to, uint32_t point,
                   const std::function<Result<void>(const PrefixLoad::Piece&)>& take) {
  Mutex mutex;
  CondVar changed;
  uint64_t calls = 0;
  uint64_t seen = 0;
  const auto load = cache.load(named.found.prefix, 0, to, point, [&] {
    const MutexLock lock(mutex);
    ++calls;
    changed.notify_all();
  });
  while (true) {
    while (const auto piece = load->next()) TRY_VOID(take(*piece));
    if (load->done()) return {};
    if (load->failed()) return fail(Error::Kind::io, "A piece of it cannot be read.");
    const MutexLock lock(mutex);
    while (calls == seen) changed.wait(mutex);
    seen = calls;
  }
}

using TellBytes = std::function<void(uint64_t bytes)>;

Result<Exchanged> write_prompt(KvCache& cache, const KvCache::Named& named, WritableFile& file,
                               const std::string& team_key, const TellBytes& tell) {
  Exchanged written{.fingerprint = named.fingerprint,
                    .note = named.note.substr(0, piece_note_bytes_max),
                    .tokens = named.found.ranges_end};
  const auto header = encode(
      {.is_signed = !team_key.empty(), .fingerprint = named.fingerprint, .note = written.note});
  Signer signer(team_key);
  uint64_t file_bytes = 0;
  const auto append = [&](ByteSpan front, ByteSpan payload) -> Result<void> {
    TRY_VOID(signer.add({front, payload}));
    file_bytes += front.size() + payload.size();
    TRY_VOID(file.append(front));
    if (!payload.empty()) TRY_VOID(file.append(payload));
    return file.append(signer.mac());
  };
  TRY_VOID(append(header, {}));
  const auto take = [&](const PrefixLoad::Piece& piece) -> Result<void> {
    ++written.pieces;
    written.bytes += piece.payload->size();
    std::vector<uint8_t> front = {piece_mark};
    put(front, ByteSpan(encode_piece_head(*piece.head)));
    TRY_VOID(append(front, *piece.payload));
    tell(file_bytes);
    return {};
  };
  TRY_VOID(drain(cache, named, named.found.ranges_end, 0, take));
  for (const uint32_t point : named.found.points) {
    TRY_VOID(drain(cache, named, 0, point, take));
  }
  TRY_VOID(append({&end_mark, 1}, {}));
  TRY_VOID(file.sync());
  return written;
}

// ---- Reading ------------------------------------------------------------------------------------

// Reads from the front; never more than the file has.
class FileReader {
 public:
  FileReader(ReadableFile& file, const std::filesystem::path& path) : file_(file), path_(path) {}

  uint64_t rest() const { return file_.size() - offset_; }
  uint64_t offset() const { return offset_; }
  // All of them, and goes on behind them; or an error.
  Result<std::vector<uint8_t>> take(uint64_t count) {
    auto bytes = TRY(peek(count));
    if (bytes.size() != count) return wrong(path_, "it ends early");
    offset_ += count;
    return bytes;
  }
  // As many of them as there are.
  Result<std::vector<uint8_t>> peek(uint64_t count) {
    std::vector<uint8_t> bytes(std::min(count, rest()));
    const size_t read = TRY(file_.read_at(offset_, bytes));
    bytes.resize(read);
    return bytes;
  }

 private:
  ReadableFile& file_;
  const std::filesystem::path& path_;
  uint64_t offset_ = 0;
};

using TakePiece = std::function<Result<void>(const PieceHead&, std::span<const Token>, Bytes)>;

// One way through the file, which believes nothing before its mac is checked.
class PromptReader {
 public:
  PromptReader(ReadableFile& file, const std::filesystem::path& path, const ImportOptions& options)
      : reader_(file, path), path_(path), options_(options), signer_(options.team_key) {}

  Result<Exchanged> read(const TakePiece& take, const TellBytes& tell) {
    TRY_VOID(read_header());
    Exchanged all{.fingerprint = header_.fingerprint, .note = header_.note};
    while (true) {
      const auto mark = TRY(reader_.take(1));
      if (mark[0] == end_mark) {
        TRY_VOID(check_mac({mark}));
        break;
      }
      TRY_VOID(read_piece(mark, take, all));
      tell(reader_.offset());
    }
    if (reader_.rest() > 0) return wrong(path_, "there is something behind its end");
    return all;
  }

 private:
  Result<void> read_header() {
    const auto fixed = TRY(reader_.take(fixed_bytes));
    ByteReader fields(fixed);
    if (!std::ranges::equal(fields.get_bytes(magic.size()), bytes_of(magic))) {
      return wrong(path_, "it does not begin as one");
    }
    if (fields.get<uint32_t>() != exchange_format) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("{} is of another version of this program.", path_.string()));
    }
    const auto flags = fields.get<uint8_t>();
    header_.is_signed = (flags & signed_flag) != 0;
    header_.fingerprint = get_hash(fields);
    const auto note = TRY(reader_.take(fields.get<uint8_t>()));
    header_.note.assign(note.begin(), note.end());
    TRY_VOID(check_trust());
    TRY_VOID(check_mac({fixed, note}));
    if (options_.fingerprint && *options_.fingerprint != header_.fingerprint) {
      return fail(
          Error::Kind::invalid_request,
          fmt::format("{} was made with another model, or other settings of it.", path_.string()));
    }
    return {};
  }

  Result<void> check_trust() const {
    if (options_.trust || (header_.is_signed && !options_.team_key.empty())) return {};
    return fail(
        Error::Kind::permission,
        fmt::format("Nobody vouches for {}: {}. Bytes from others can make answers wrong; "
                    "give the team's key, or say that you trust them (--trust).",
                    path_.string(),
                    header_.is_signed ? "the team's key is not set" : "it has no signature"));
  }

  Result<void> check_mac(std::initializer_list<ByteSpan> parts) {
    TRY_VOID(signer_.add(parts));
    const auto mac = TRY(reader_.take(signer_.mac().size()));
    if (!header_.is_signed || options_.team_key.empty()) return {};
    if (CRYPTO_memcmp(mac.data(), signer_.mac().data(), mac.size()) == 0) return {};
    return fail(Error::Kind::permission,
                fmt::format("{} was changed, or signed with another key.", path_.string()));
  }

  Result<void> read_piece(ByteSpan mark, const TakePiece& take, Exchanged& all) {
    const auto first = TRY(reader_.peek(piece_head_bytes_max));
    const PieceHead head = TRY(parse_piece_head(first));
    const auto front = TRY(reader_.take(piece_head_bytes(head)));
    if (head.payload_bytes > reader_.rest()) return wrong(path_, "it ends early");
    auto payload = TRY(reader_.take(head.payload_bytes));
    TRY_VOID(check_mac({mark, front, payload}));
    if (payload_checksum(payload) != head.payload_checksum) {
      return wrong(path_, "a checksum is wrong");
    }
    TRY_VOID(place(head));
    all.tokens = static_cast<uint32_t>(tokens_.size());
    all.bytes += payload.size();
    ++all.pieces;
    return take(head, std::span(tokens_).first(head.end),
                std::make_shared<const std::vector<uint8_t>>(std::move(payload)));
  }

  // Whether the piece belongs to the prompt that the pieces before it make.
  Result<void> place(const PieceHead& head) {
    if (head.kind == PieceKind::range) {
      if (points_begun_ || head.begin > tokens_.size()) return wrong(path_, "a piece has no place");
      tokens_.resize(head.begin);
      tokens_.insert(tokens_.end(), head.tokens.begin(), head.tokens.end());
    } else {
      points_begun_ = true;
      if (head.end > tokens_.size()) return wrong(path_, "a piece has no place");
    }
    const auto prefix = std::span(tokens_).first(head.end);
    if (head.fingerprint != header_.fingerprint ||
        head.key != piece_key(head.kind, head.fingerprint, head.begin, prefix)) {
      return wrong(path_, "a piece has another's name");
    }
    return {};
  }

  FileReader reader_;
  const std::filesystem::path& path_;
  const ImportOptions& options_;
  Signer signer_;
  Header header_;
  std::vector<Token> tokens_;
  bool points_begun_ = false;
};

// That the cache has the piece already; or why it did not take it.
Result<void> check_presence(KvCache& cache, const PieceHead& head, std::span<const Token> prefix) {
  const auto found = cache.find(head.fingerprint, prefix, false);
  if (head.kind == PieceKind::point) {
    if (std::ranges::binary_search(found.points, head.end)) return {};
  } else {
    if (found.ranges_end == prefix.size()) return {};
    if (found.ranges_end > head.begin) {
      return fail(Error::Kind::invalid_request,
                  "A part of this prompt is stored here already, but cut otherwise; delete it "
                  "first to import this one.");
    }
  }
  return fail(Error::Kind::overloaded, "There is no room for it in the cache.");
}

}  // namespace

Result<Exchanged> export_prompt(KvCache& cache, const PieceKey& key, Files& files,
                                const std::filesystem::path& path, const std::string& team_key,
                                const ExchangeProgress& progress) {
  const auto named = cache.find_listed(key);
  if (!named) return fail(Error::Kind::not_found, "There is no such prompt in the cache.");
  uint64_t bytes_all = 0;
  if (progress) {
    for (const KvCache::Listed& listed : cache.list()) {
      if (listed.key == key) bytes_all = listed.bytes_all;
    }
  }
  const auto tell = [&](uint64_t bytes) {
    if (progress) progress(bytes, std::max(bytes, bytes_all));
  };
  const auto file = TRY(files.create(path));
  auto written = write_prompt(cache, *named, *file, team_key, tell);
  if (!written && !files.remove(path)) {
    spdlog::warn("{} was not written to its end, and cannot be deleted.", path.string());
  }
  return written;
}

Result<Exchanged> import_prompt(KvCache& cache, Files& files, const std::filesystem::path& path,
                                const ImportOptions& options, const ExchangeProgress& progress) {
  const auto file = TRY(files.open(path));
  uint64_t bytes_before = 0;  // of the way through the file that was there before this one
  const auto tell = [&](uint64_t bytes) {
    if (progress) progress(bytes_before + bytes, 2 * file->size());
  };
  const auto look = [](const PieceHead&, std::span<const Token>, const Bytes&) -> Result<void> {
    return {};
  };
  TRY_VOID(PromptReader(*file, path, options).read(look, tell));
  bytes_before = file->size();
  uint64_t pieces_new = 0;
  uint64_t bytes_unsettled = 0;
  const auto store = [&](const PieceHead& head, std::span<const Token> prefix,
                         const Bytes& payload) -> Result<void> {
    const KvCache::Origin origin{.note = head.note, .imported = true};
    const bool stored =
        head.kind == PieceKind::range
            ? cache.store_range(head.fingerprint, prefix, head.begin, payload, origin)
            : cache.store_point(head.fingerprint, prefix, payload, origin);
    if (!stored) return check_presence(cache, head, prefix);
    ++pieces_new;
    // The disk's queue is bounded, and drops what is too much for it.
    bytes_unsettled += payload->size();
    if (bytes_unsettled >= bytes_unsettled_max) {
      cache.settle();
      bytes_unsettled = 0;
    }
    return {};
  };
  auto read = PromptReader(*file, path, options).read(store, tell);
  cache.settle();
  if (read) read->pieces_new = pieces_new;
  return read;
}

}  // namespace anyclaude
