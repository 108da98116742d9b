#include "prompt/tool_order.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace anyclaude {
namespace {

// Who is given a tool, and whether its definition is the same for all of them.
enum Group : size_t {
  everybody,        // all agents, always in the same words
  everybody_other,  // all agents, in other words from one way of starting the client to the next
  workers,          // agents that may change something
  agents,           // those that may start further agents
  unknown,          // of MCP servers and other clients; agents are mostly given them too
  main_loop,        // no sub-agent
  interactive,      // no sub-agent, and only where somebody sits in front of the client
};

// Tool sets mostly end where one of these does. What cannot be cut is kept at each such place, so
// they are few: where an agent has its own tools, it has the unknown ones too; and the main loop's
// sets part earlier than at their end, at what is worded differently.
size_t level_of(const Group group) {
  if (group <= everybody_other) return group;
  return group < main_loop ? workers : main_loop;
}

struct Known {
  std::string_view name;
  Group group;
};

// Claude Code's tools, by what the tool sets of client 2.1.330 have in common; with them those that
// earlier versions had in these places. Within a group, in this order.
constexpr std::array known = {
    Known{"Read", everybody},
    Known{"Glob", everybody},
    Known{"Grep", everybody},
    Known{"LS", everybody},
    Known{"EnterWorktree", everybody},
    Known{"ExitWorktree", everybody},
    Known{"SendMessage", everybody},
    Known{"TaskStop", everybody},
    Known{"WebFetch", everybody},
    Known{"WebSearch", everybody},
    Known{"Skill", everybody_other},
    Known{"Bash", everybody_other},
    Known{"BashOutput", everybody_other},
    Known{"KillShell", everybody_other},
    Known{"Monitor", everybody_other},
    Known{"Edit", workers},
    Known{"MultiEdit", workers},
    Known{"NotebookEdit", workers},
    Known{"Write", workers},
    Known{"TodoWrite", workers},
    Known{"Agent", agents},
    Known{"Task", agents},
    Known{"CronCreate", main_loop},
    Known{"CronDelete", main_loop},
    Known{"CronList", main_loop},
    Known{"ListAgents", main_loop},
    Known{"ReportFindings", main_loop},
    Known{"ScheduleWakeup", main_loop},
    Known{"ToolSearch", main_loop},
    Known{"Workflow", main_loop},
    Known{"AskUserQuestion", interactive},
    Known{"EnterPlanMode", interactive},
    Known{"ExitPlanMode", interactive},
};

using Place = std::pair<Group, size_t>;

Place place_of(const Tool& tool) {
  const auto* found = std::find_if(known.begin(), known.end(),
                                   [&](const Known& entry) { return entry.name == tool.name; });
  if (found == known.end()) return {unknown, 0};
  return {found->group, static_cast<size_t>(found - known.begin())};
}

}  // namespace

size_t bytes_of(const Tool& tool) {
  return tool.name.size() + tool.description.size() + tool.input_schema_json.size();
}

void order_tools(std::vector<Tool>& tools) {
  std::map<std::string, size_t> largest;  // of a name
  for (const Tool& tool : tools) {
    if (place_of(tool).first != unknown) continue;
    size_t& bytes = largest[tool.name];
    bytes = std::max(bytes, bytes_of(tool));
  }
  std::ranges::stable_sort(tools, {}, [&](const Tool& tool) {
    const auto bytes = largest.find(tool.name);
    const size_t smaller = bytes == largest.end() ? 0 : SIZE_MAX - bytes->second;
    return std::tuple(place_of(tool), smaller, std::string_view(tool.name));
  });
}

std::vector<size_t> likely_partings(const std::vector<Tool>& tools) {
  std::vector<size_t> partings;
  const auto level = [&](size_t i) { return level_of(place_of(tools[i]).first); };
  size_t highest = tools.empty() ? 0 : level(0);
  for (size_t i = 1; i < tools.size(); ++i) {
    if (level(i) > highest) partings.push_back(i);
    highest = std::max(highest, level(i));
  }
  return partings;
}

}  // namespace anyclaude
