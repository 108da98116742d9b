// The bare engine, to be measured beside: decodes as many tokens as it is told, without a server, a
// cache or a chat around it. Reads commands from standard input and answers each with a line.
//
//   engine_probe MODEL CELLS BATCH THREADS TEXT
//     decode N   the next N tokens of the file TEXT, which begins again where it ends
//     cut N      forgets all behind the first N tokens
//
// Of a real text, because attention takes a fifth longer on that than on random tokens.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "llama.h"

namespace {

struct Free {
  void operator()(llama_model* model) const { llama_model_free(model); }
  void operator()(llama_context* context) const { llama_free(context); }
};

class Engine {
 public:
  bool open(const char* model, uint32_t cells, uint32_t batch, int32_t threads, const char* text) {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    model_.reset(llama_model_load_from_file(model, llama_model_default_params()));
    if (!model_) return false;
    llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = cells;
    parameters.n_batch = parameters.n_ubatch = batch;
    parameters.n_threads = parameters.n_threads_batch = threads;
    parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    parameters.swa_full = false;
    parameters.no_perf = true;
    batch_ = batch;
    context_.reset(llama_init_from_model(model_.get(), parameters));
    return context_ && tokenise(text);
  }

  bool decode(uint32_t count) {
    while (count > 0) {
      std::vector<llama_token> tokens(count < batch_ ? count : batch_);
      for (llama_token& token : tokens) token = text_[next_++ % text_.size()];
      const auto size = static_cast<int32_t>(tokens.size());
      if (llama_decode(context_.get(), llama_batch_get_one(tokens.data(), size)) != 0) return false;
      count -= static_cast<uint32_t>(tokens.size());
    }
    llama_synchronize(context_.get());
    return true;
  }

  bool cut(int32_t length) {
    return llama_memory_seq_rm(llama_get_memory(context_.get()), 0, length, -1);
  }

 private:
  bool tokenise(const char* file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(stream)), {});
    text_.resize(text.size());
    const int32_t count = llama_tokenize(llama_model_get_vocab(model_.get()), text.data(),
                                         static_cast<int32_t>(text.size()), text_.data(),
                                         static_cast<int32_t>(text_.size()), false, false);
    text_.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return !text_.empty();
  }

  std::unique_ptr<llama_model, Free> model_;
  std::unique_ptr<llama_context, Free> context_;
  uint32_t batch_ = 0;
  std::vector<llama_token> text_;
  size_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: engine_probe MODEL CELLS BATCH THREADS TEXT\n", stderr);
    return 2;
  }
  const auto number = [&](int i) { return static_cast<uint32_t>(std::atoi(argv[i])); };
  Engine engine;
  bool well = engine.open(argv[1], number(2), number(3), std::atoi(argv[4]), argv[5]);
  std::puts(well ? "ready" : "failed");
  char command[16];
  int count = 0;
  while (well && std::fflush(stdout) == 0 && std::scanf("%15s %d", command, &count) == 2) {
    const bool decodes = std::string(command) == "decode";
    well = decodes ? engine.decode(static_cast<uint32_t>(count)) : engine.cut(count);
    std::puts(well ? "done" : "failed");
  }
  return well ? 0 : 1;
}
