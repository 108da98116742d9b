// A Backend without a model, for `--model none`: the server runs, and every request is refused with
// a text that says why. Measures what the server costs by itself.
#pragma once

#include "engine/backend.h"

namespace anyclaude {

// Thread-safe.
class NoBackend final : public Backend {
 public:
  std::string name() const override { return "none"; }
  std::vector<ModelInfo> models() const override { return {}; }
  Readiness readiness() const override { return {.what = std::string(reason)}; }
  Result<std::unique_ptr<Generation>> start(Request) override { return refuse(); }
  Result<uint32_t> count_tokens(const Request&) override { return refuse(); }

 private:
  static constexpr std::string_view reason =
      "this server was started without a model (--model none)";
  static std::unexpected<Error> refuse() {
    return fail(Error::Kind::overloaded, std::string(reason));
  }
};

}  // namespace anyclaude
