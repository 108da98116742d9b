#include "engine/embedded/builtin_template.h"

#include <array>
#include <string_view>

#include "llama.h"

namespace anyclaude {
namespace {

// $OPEN, $CLOSE and $ASSISTANT are replaced by the model's own markers.
constexpr std::string_view source = R"jinja(
{%- set messages_after_system = messages -%}
{%- set system_text = '' -%}
{%- if messages and messages[0].role == 'system' -%}
  {%- set system_text = messages[0].content -%}
  {%- set messages_after_system = messages[1:] -%}
{%- endif -%}
{%- if tools or system_text -%}
  {{- '$OPENsystem\n' -}}
  {%- if tools -%}
    {{- '# Tools\n\nYou can call tools. Their names, descriptions and parameters, ' -}}
    {{- 'one JSON object a line:\n<tools>' -}}
    {%- for tool in tools -%}
      {{- '\n' -}}{{- tool | tojson -}}
    {%- endfor -%}
    {{- '\n</tools>\n\nTo call a tool, write one JSON object with its name and arguments ' -}}
    {{- 'between tags:\n<tool_call>\n{"name": <name>, "arguments": <arguments>}\n' -}}
    {{- '</tool_call>\nThe result comes back between <tool_response> tags.' -}}
    {%- if system_text -%}{{- '\n\n' -}}{%- endif -%}
  {%- endif -%}
  {{- system_text + '$CLOSE\n' -}}
{%- endif -%}
{%- for message in messages_after_system -%}
  {%- if message.role == 'assistant' -%}
    {{- '$OPEN$ASSISTANT\n' + (message.content or '') -}}
    {%- for call in message.tool_calls or [] -%}
      {%- if not loop.first or message.content -%}{{- '\n' -}}{%- endif -%}
      {{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' -}}
      {{- call.function.arguments | tojson -}}
      {{- '}\n</tool_call>' -}}
    {%- endfor -%}
    {{- '$CLOSE\n' -}}
  {%- elif message.role == 'tool' -%}
    {%- if loop.first or messages_after_system[loop.index0 - 1].role != 'tool' -%}
      {{- '$OPENuser' -}}
    {%- endif -%}
    {{- '\n<tool_response>\n' + message.content + '\n</tool_response>' -}}
    {%- if loop.last or messages_after_system[loop.index0 + 1].role != 'tool' -%}
      {{- '$CLOSE\n' -}}
    {%- endif -%}
  {%- else -%}
    {{- '$OPEN' + message.role + '\n' + message.content + '$CLOSE\n' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '$OPEN$ASSISTANT\n' -}}
{%- endif -%}
)jinja";

struct Markers {
  std::string_view open;
  std::string_view close;
  std::string_view assistant;
};
constexpr std::array<Markers, 2> known = {
    {{"<|im_start|>", "<|im_end|>", "assistant"}, {"<start_of_turn>", "<end_of_turn>", "model"}}};

bool is_one_token(const llama_vocab* vocab, std::string_view text) {
  std::array<llama_token, 8> tokens{};
  return llama_tokenize(vocab, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                        static_cast<int32_t>(tokens.size()), false, true) == 1;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t i = text.find(from); i != std::string::npos; i = text.find(from, i + to.size())) {
    text.replace(i, from.size(), to);
  }
}

}  // namespace

std::string builtin_template(const llama_vocab* vocab) {
  Markers markers = known[0];
  for (const auto& candidate : known) {
    if (!is_one_token(vocab, candidate.open) || !is_one_token(vocab, candidate.close)) continue;
    markers = candidate;
    break;
  }
  std::string text(source.substr(1));  // without the line break after the opening quote
  replace_all(text, "$OPEN", markers.open);
  replace_all(text, "$CLOSE", markers.close);
  replace_all(text, "$ASSISTANT", markers.assistant);
  return text;
}

}  // namespace anyclaude
