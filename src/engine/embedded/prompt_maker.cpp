#include "engine/embedded/prompt_maker.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "base/files.h"
#include "engine/embedded/compute_libraries.h"
#include "engine/embedded/model.h"
#include "kv/block.h"
#include "llama.h"

namespace anyclaude {
namespace {

// Null where it is kept in RAM alone.
template <class Table>
std::unique_ptr<Journal> open_journal(const EmbeddedOptions& options, const char* name,
                                      uint64_t bytes_max, Table& table, Metrics& metrics) {
  if (options.state_folder.empty()) return nullptr;
  Journal::Options journal;
  journal.file = std::filesystem::path(options.state_folder) / name;
  journal.bytes_max = bytes_max;
  return open_journal_of(table, real_files(), journal, metrics);
}

// How prompts have the answers of earlier turns.
const char* old_answers(const Transcript& transcript) {
  const bool texts = transcript.takes_sampled(false);
  const bool calls = transcript.takes_sampled(true);
  if (texts && calls) return "as they were sampled";
  if (texts) return "as they were sampled, but for tool calls";
  return calls ? "tool calls as they were sampled" : "as the template writes them";
}

const char* system_text(PromptWriter::SystemText where, bool takes_system) {
  switch (where) {
    case PromptWriter::SystemText::behind_tools:
      return "behind the tools";
    case PromptWriter::SystemText::moved_behind_tools:
      return "moved behind the tools";
    case PromptWriter::SystemText::before_tools:
      return "before the tools, which agents do not share";
    case PromptWriter::SystemText::nowhere:
      break;
  }
  return takes_system ? "nowhere" : "in the first user turn";
}

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};

}  // namespace

Result<std::string> PromptMaker::read_template(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return fail(Error::Kind::not_found, fmt::format("The chat template {} cannot be read.", path));
  }
  return text.str();
}

Result<std::unique_ptr<PromptMaker>> PromptMaker::open(const llama_model* model,
                                                       const EmbeddedOptions& options,
                                                       const std::string& template_text,
                                                       const std::string& model_name, bool keeps,
                                                       Metrics& metrics) {
  std::unique_ptr<PromptMaker> out(new PromptMaker);
  const auto source = TRY(ChatTemplate::choose_source(model, template_text));
  const std::string markup = source.text + source.tool_use_text;
  const PromptLayout layout =
      options.prompt_layout == "template" ? PromptLayout::as_template : PromptLayout::cache;
  out->template_path_ = options.chat_template_path;
  out->tokeniser_ =
      std::make_unique<Tokeniser>(model, markup, options.token_memory_bytes_max, metrics);
  const Guard& guard = out->tokeniser_->guard();
  out->chat_template_ = TRY(ChatTemplate::open(model, source, guard, layout, metrics));
  out->writer_ = std::make_unique<PromptWriter>(*out->chat_template_, guard, layout);
  out->turn_ends_ = out->chat_template_->turn_ends(*out->tokeniser_);
  if (keeps) {
    out->answers_journal_ =
        open_journal(options, "answers", EchoTable::bytes_max_default, out->echoes_, metrics);
    out->tool_sets_journal_ =
        open_journal(options, "tool-sets", ToolSets::journal_bytes_max, out->tool_sets_, metrics);
  }
  out->transcript_ = std::make_unique<Transcript>(
      *out->chat_template_, guard, *out->writer_, out->echoes_,
      Transcript::Options{.model = model_name + to_hex(hash128(bytes_of(markup))),
                          .turn_ends = out->tokeniser_->generation_ends(),
                          .turn_marks = out->chat_template_->turn_marks(),
                          .token_end = llama_vocab_n_tokens(llama_model_get_vocab(model))},
      metrics);
  return out;
}

CanonicalConversation PromptMaker::canonicalise(const Request& request) {
  const PromptLayout layout = writer_->layout();
  CanonicalConversation canonical =
      anyclaude::canonicalise(request.conversation, chat_template_->capabilities(), layout);
  if (layout == PromptLayout::cache) {
    canonical.tool_partings = tool_sets_.arrange(canonical.tools, request.origin.sharing);
  }
  return canonical;
}

PromptMaker::Findings PromptMaker::findings() const {
  const TemplateFindings& found = chat_template_->findings();
  const TemplateCapabilities& takes = chat_template_->capabilities();
  std::string shown = template_path_.empty() ? "the model's own" : template_path_;
  if (found.builtin) shown = "built-in, because " + found.reason;
  std::string calls = takes.parallel_calls ? "several in one turn" : "one in a turn";
  if (found.short_ids) calls += ", ids of nine letters";
  return {{"chat template", shown},
          {"tool calls", calls},
          {"thinking", found.thinking ? "yes" : "no"},
          {"old answers", old_answers(*transcript_)},
          {"system text", system_text(writer_->system_text(), takes.system)},
          {"words behind a tool result",
           takes.user_after_tool_result ? "a turn of their own" : "in the result"}};
}

Result<PromptMaker::Findings> PromptMaker::look_at(const std::string& model_path,
                                                   const EmbeddedOptions& options) {
  const std::string template_text = TRY(read_template(options.chat_template_path));
  install_engine_log();
  TRY_VOID(load_compute_libraries());
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  const std::unique_ptr<llama_model, FreeModel> model(
      llama_model_load_from_file(model_path.c_str(), params));
  if (!model) {
    return fail(Error::Kind::invalid_request,
                fmt::format("the vocabulary of {} cannot be read", model_path));
  }
  Metrics metrics;
  const auto maker = TRY(open(model.get(), options, template_text, "", false, metrics));
  return maker->findings();
}

}  // namespace anyclaude
