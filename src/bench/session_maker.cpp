#include "bench/session_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "bench/text_maker.h"
#include "protocol/json_writer.h"

namespace anyclaude {
namespace {

// As Claude Code names its tools: those of all agents, those of agents that may change something,
// those of the main loop alone.
constexpr std::array<std::string_view, 24> tool_names = {
    "Bash",        "EnterWorktree",  "ExitWorktree",   "Monitor",       "Read",
    "SendMessage", "Skill",          "TaskStop",       "WebFetch",      "WebSearch",
    "Agent",       "Edit",           "NotebookEdit",   "Write",         "AskUserQuestion",
    "CronCreate",  "CronDelete",     "CronList",       "EnterPlanMode", "ExitPlanMode",
    "ListAgents",  "ReportFindings", "ScheduleWakeup", "Workflow"};
constexpr size_t tools_of_all = 10;
constexpr size_t tools_of_changers = 14;
constexpr size_t tool_bytes_least = 1'200;  // a small prompt has fewer tools instead
constexpr size_t small_tool_bytes = 3'000;  // a smaller one has no lists of objects in it
constexpr int depth_max = 2;                // of these
constexpr double bytes_per_token = 4.4;     // of such text in today's vocabularies
constexpr std::string_view day = "2026-01-15";

void append_property(std::string& out, TextMaker& maker, int depth);

// The members of a schema of objects that have properties of these names.
void append_object(JsonWriter& json, std::string& out, const std::vector<std::string>& names,
                   TextMaker& maker, int depth) {
  json.text("type", "object");
  json.key("properties");
  json.open('{');
  for (const std::string& name : names) {
    json.key(name);
    append_property(out, maker, depth);
  }
  json.close('}');
  json.texts("required", {names[0], names[1]});
  json.raw("additionalProperties", "false");
}

void append_property(std::string& out, TextMaker& maker, int depth) {
  JsonWriter json(out);
  json.open('{');
  const uint64_t kind = maker.below(100);
  if (kind >= 90 && depth < depth_max) {
    json.text("type", "array");
    const std::vector<std::string> names = maker.nouns(3);
    json.key("items");
    json.open('{');
    append_object(json, out, names, maker, depth + 1);
    json.close('}');
  } else if (kind < 65 && kind >= 50) {
    json.text("type", "integer");
    json.raw("minimum", "0");
    json.raw("maximum", std::to_string(1 + maker.below(600'000)));
  } else if (kind < 78 && kind >= 65) {
    json.text("type", "boolean");
  } else {
    json.text("type", "string");
    if (kind >= 78) json.texts("enum", maker.nouns(4));
  }
  json.text("description", maker.sentence());
  json.close('}');
}

// Of a tool of so many bytes: it must not be larger than the tool, or small prompts are not.
std::string schema(TextMaker& maker, size_t tool_bytes) {
  const size_t properties = std::min(2 + maker.below(5), std::max<size_t>(2, tool_bytes / 400));
  const int depth = tool_bytes < small_tool_bytes ? depth_max : 0;
  const std::vector<std::string> names = maker.nouns(properties);
  std::string out;
  JsonWriter json(out);
  json.open('{');
  append_object(json, out, names, maker, depth);
  json.close('}');
  return out;
}

// A few are long and most are short, as the real ones.
std::vector<Tool> make_tools(const SessionShape& shape) {
  const size_t count =
      std::clamp(shape.tools_bytes / tool_bytes_least, size_t{2}, tool_names.size());
  std::vector<double> weights;
  double sum = 0;
  for (size_t rank = 0; rank < count; ++rank) {
    weights.push_back(1 / (1 + 0.22 * static_cast<double>(rank)));
    sum += weights.back();
  }
  TextMaker order(shape.seed, "sizes");
  for (size_t at = 0; at < count; ++at) {
    std::swap(weights[at], weights[at + order.below(count - at)]);
  }
  std::vector<Tool> tools;
  for (size_t at = 0; at < count; ++at) {
    TextMaker maker(shape.seed, fmt::format("tool {}", at));
    Tool tool;
    tool.name = tool_names[at];
    const auto bytes =
        static_cast<size_t>(static_cast<double>(shape.tools_bytes) * weights[at] / sum);
    tool.input_schema_json = schema(maker, bytes);
    tool.description = maker.prose(bytes - std::min(bytes, tool.input_schema_json.size() + 80));
    tools.push_back(std::move(tool));
  }
  return tools;
}

std::string reminder(std::string_view words) {
  return fmt::format("<system-reminder>\n{}\n</system-reminder>", words);
}

std::string folder_facts(const SessionShape& shape, std::string_view folder) {
  TextMaker maker(shape.seed, fmt::format("folder {}", folder));
  std::string out = fmt::format(
      "# Environment\nWorking directory: {}\nPlatform: linux\nToday's date: {}\nBranch: main\n"
      "Status:\n",
      folder, day);
  for (int line = 0; line < 3; ++line) out += fmt::format(" M {}\n", maker.path());
  out += "Recent commits:";
  for (int line = 0; line < 2; ++line) {
    const uint64_t commit = maker.below(1 << 28);
    out += fmt::format("\n{:07x} {}", commit, maker.sentence());
  }
  return out + "\n\n# Rules of the project\n\n" + maker.prose(shape.reminder_bytes * 6 / 10);
}

}  // namespace

SessionShape SessionShape::scaled(double factor) const {
  SessionShape shape = *this;
  for (auto size : {&SessionShape::tools_bytes, &SessionShape::system_bytes,
                    &SessionShape::agent_system_bytes, &SessionShape::reminder_bytes}) {
    shape.*size = static_cast<size_t>(std::lround(static_cast<double>(this->*size) * factor));
  }
  return shape;
}

SessionShape shape_of_tokens(uint32_t tokens, uint64_t seed) {
  SessionShape shape;
  shape.seed = seed;
  const size_t whole = shape.tools_bytes + shape.system_bytes + shape.reminder_bytes;
  return shape.scaled(tokens * bytes_per_token / static_cast<double>(whole));
}

SessionMaker::SessionMaker(const SessionShape& shape) : shape_(shape), tools_(make_tools(shape)) {}

std::vector<Tool> SessionMaker::first_tools(size_t count) const {
  // As large a part of what there is as of all that the client has.
  count = std::max<size_t>(1, count * tools_.size() / tool_names.size());
  std::vector<Tool> out(tools_.begin(), tools_.begin() + static_cast<std::ptrdiff_t>(count));
  std::ranges::sort(out, {}, &Tool::name);
  return out;
}

Conversation SessionMaker::opening(std::vector<Tool> tools, std::string_view system_name,
                                   size_t system_bytes, std::string_view folder) const {
  Conversation out;
  out.max_tokens = 1;
  out.tools = std::move(tools);
  out.system = {"You are an assistant for work on software.",
                TextMaker(shape_.seed, system_name).prose(system_bytes)};
  const std::string skills = TextMaker(shape_.seed, "skills").prose(shape_.reminder_bytes * 4 / 10);
  Message& first = out.messages.emplace_back();
  first.blocks.emplace_back(TextBlock{reminder(folder_facts(shape_, folder))});
  first.blocks.emplace_back(TextBlock{
      reminder("The following skills are available for use with the Skill tool:\n\n" + skills)});
  return out;
}

Conversation SessionMaker::turn(std::string_view folder, size_t turns) const {
  Conversation out = opening(first_tools(tool_names.size()), "system", shape_.system_bytes, folder);
  TextMaker maker(shape_.seed, fmt::format("turns {}", folder));
  out.messages.front().blocks.emplace_back(TextBlock{maker.prose(shape_.prompt_bytes)});
  for (size_t turn = 1; turn < turns; ++turn) {
    ToolUseBlock call;
    call.id = fmt::format("toolu_{:08x}{:08}", shape_.seed & 0xffffffff, turn);
    call.name = out.tools[turn % out.tools.size()].name;
    JsonWriter input(call.input_json);
    input.open('{');
    input.text("path", maker.path());
    input.raw("limit", std::to_string(maker.below(2'000)));
    input.close('}');
    ToolResultBlock result;
    result.tool_use_id = call.id;
    Message& answer = out.messages.emplace_back();
    answer.role = Role::assistant;
    answer.blocks.emplace_back(TextBlock{maker.sentence()});
    answer.blocks.emplace_back(std::move(call));
    result.content.emplace_back(TextBlock{maker.code(shape_.result_bytes)});
    out.messages.emplace_back().blocks.emplace_back(std::move(result));
  }
  return out;
}

Conversation SessionMaker::next_question(Conversation before, std::string_view name) const {
  TextMaker maker(shape_.seed, fmt::format("question {}", name));
  Message& answer = before.messages.emplace_back();
  answer.role = Role::assistant;
  answer.blocks.emplace_back(TextBlock{maker.sentence()});
  before.messages.emplace_back().blocks.emplace_back(TextBlock{maker.prose(shape_.prompt_bytes)});
  return before;
}

std::vector<Conversation> SessionMaker::sub_agents(std::string_view folder, size_t count) const {
  std::vector<Conversation> out;
  for (size_t agent = 0; agent < count; ++agent) {
    const size_t kind = agent % 4;
    Conversation asked = opening(first_tools(kind < 2 ? tools_of_changers : tools_of_all),
                                 fmt::format("agent {}", kind), shape_.agent_system_bytes, folder);
    asked.messages.front().blocks.emplace_back(TextBlock{
        TextMaker(shape_.seed, fmt::format("task {}", agent)).prose(4 * shape_.prompt_bytes)});
    out.push_back(std::move(asked));
  }
  return out;
}

}  // namespace anyclaude
