"""Synthetic conversations of a coding agent's shape and size.

The shape is that of Claude Code 2.1: about two dozen tools whose descriptions and schemas make up
most of the prompt, a static system text, reminders in the first user message, then turns
of tool calls and results; sub-agents with a subset of the same tools, another system text and one
task each; and what happens on a day: forks, compactions, other repositories, the next day. Every
word is made here from a seed: the same Shape gives the same bytes everywhere.

usage: conversations.py [--tokens 19000] [--turns 4] [--agents 8]   prints sizes; --json: bodies
"""
import argparse
import dataclasses
import json
import random

TOOL_BYTES_LEAST = 1200  # of one tool's JSON, on average
BYTES_PER_TOKEN = 4.4  # of such text in today's vocabularies; `fitted` measures instead

NOUNS = ("file directory branch commit command output path pattern line result change request "
         "error project module function test setting value session task plan report name folder "
         "argument process message summary search index release package service worker "
         "schedule").split()
VERBS = ("reads writes lists replaces checks creates removes searches follows reports keeps "
         "prints compares collects starts stops validates prepares describes returns updates "
         "limits").split()
QUALITIES = ("current absolute relative existing new large small exact previous empty hidden "
             "local remote temporary shared required optional recent quiet complete partial "
             "nested").split()
OPENINGS = ("Usage notes", "When to use it", "When not to use it", "Limits", "Examples", "Result",
            "Safety", "Working with others", "Formatting", "Before you begin")
# The names that Claude Code 2.1.330 gives its tools: those of all agents, those of agents that may
# change something, those of the main loop alone.
TOOLS = ("Bash EnterWorktree ExitWorktree Monitor Read SendMessage Skill TaskStop WebFetch "
         "WebSearch "
         "Agent Edit NotebookEdit Write "
         "AskUserQuestion CronCreate CronDelete CronList EnterPlanMode ExitPlanMode ListAgents "
         "ReportFindings ScheduleWakeup Workflow").split()


@dataclasses.dataclass(frozen=True)
class Shape:
    seed: int = 1
    tools: int = 24
    agent_tools: int = 14
    tool_bytes: int = 71_000         # JSON of all tools
    system_bytes: int = 7_000
    agent_system_bytes: int = 3_300
    environment_bytes: int = 9_000
    prompt_bytes: int = 160          # what the user types
    result_bytes: int = 80           # of one tool's result: a turn is about 100 tokens

    def scaled(self, factor):
        """The same shape with a prompt `factor` times as long; turns keep their size."""
        sizes = ("tool_bytes", "system_bytes", "agent_system_bytes", "environment_bytes")
        return dataclasses.replace(self, **{s: int(getattr(self, s) * factor) for s in sizes})

    def of_tokens(self, tokens):
        """About `tokens` in the first prompt, by BYTES_PER_TOKEN."""
        whole = self.tool_bytes + self.system_bytes + self.environment_bytes
        return self.scaled(tokens * BYTES_PER_TOKEN / whole)


class Writer:
    """Makes up text. One random stream a thing, so that changing one leaves the others alone."""

    def __init__(self, shape, *names):
        self.random = random.Random(":".join([str(shape.seed), *map(str, names)]))

    def sentence(self):
        pick = self.random.choice
        forms = ("The {q} {n} {v} the {n2} of each {n3}.",
                 "Use the {q} {n} when a {n2} {v} more than one {n3}.",
                 "If the {n} is {q}, it {v} the {n2} and the {n3} stays as it is.",
                 "Never {n} a {q} {n2} before the {n3} {v} it.",
                 "By default it {v} up to {k} of the {q} {n} entries in the {n2}.",
                 "A {n} with {q} {n2} is reported once; the {n3} {v} the rest.")
        return pick(forms).format(q=pick(QUALITIES), n=pick(NOUNS), n2=pick(NOUNS), n3=pick(NOUNS),
                                  v=pick(VERBS), k=self.random.randrange(2, 4000))

    def prose(self, size):
        """About `size` bytes of headed paragraphs and lists."""
        parts, written = [], 0
        while written < size:
            kind = self.random.random()
            if kind < 0.12:
                part = f"\n\n## {self.random.choice(OPENINGS)}\n"
            elif kind < 0.5:
                part = "\n- " + self.sentence()
            else:
                part = ("\n\n" if kind < 0.6 else " ") + self.sentence()
            parts.append(part)
            written += len(part)
        return "".join(parts).strip()

    def path(self):
        names = [self.random.choice(NOUNS) for _ in range(self.random.randrange(1, 4))]
        return "src/" + "/".join(names) + self.random.choice((".cpp", ".h", ".py", ".md"))

    def code(self, size):
        lines, written = [], 0
        while written < size:
            pick = self.random.choice
            line = f"{len(lines) + 1:6}\t{'  ' * self.random.randrange(3)}" + pick((
                "const auto {a} = {b}.{c}({n});", "if ({a} > {n}) return {b};",
                "{a}.push_back({b}[{n}]);", "// The {a} of a {b} {c}.")).format(
                    a=pick(NOUNS), b=pick(NOUNS), c=pick(VERBS), n=self.random.randrange(100))
            lines.append(line)
            written += len(line) + 1
        return "\n".join(lines)


def _property(writer, depth=0):
    kind = writer.random.random()
    described = {"description": writer.sentence()}
    if kind < 0.5:
        return {"type": "string", **described}
    if kind < 0.65:
        return {"type": "integer", "minimum": 0, "maximum": writer.random.randrange(1, 600000),
                **described}
    if kind < 0.78:
        return {"type": "boolean", **described}
    if kind < 0.9 or depth > 1:
        return {"type": "string", "enum": writer.random.sample(NOUNS, 4), **described}
    names = writer.random.sample(NOUNS, 3)
    items = {"type": "object", "properties": {n: _property(writer, depth + 1) for n in names},
             "required": names[:2], "additionalProperties": False}
    return {"type": "array", "items": items, "minItems": 1, **described}


def _tool(shape, index, size):
    writer = Writer(shape, "tool", index)
    names = writer.random.sample(NOUNS, writer.random.randrange(2, 7))
    schema = {"type": "object", "properties": {name: _property(writer) for name in names},
              "required": names[:2], "additionalProperties": False}
    name = TOOLS[index % len(TOOLS)] + (str(index // len(TOOLS)) if index >= len(TOOLS) else "")
    rest = size - len(json.dumps(schema)) - 80
    return {"name": name, "description": writer.prose(max(60, rest)), "input_schema": schema}


def _tools(shape):
    """All tools, in the order of TOOLS. Few are long and most are short, as with the real client. A
    small prompt has fewer of them."""
    count = min(shape.tools, max(3, shape.tool_bytes // TOOL_BYTES_LEAST))
    weights = [1 / (1 + 0.22 * rank) for rank in range(count)]
    order = Writer(shape, "sizes").random.sample(range(count), count)
    return [_tool(shape, index, int(shape.tool_bytes * weights[rank] / sum(weights)))
            for index, rank in enumerate(order)]


def tools(shape):
    """All tools, by name as the client lists them."""
    return sorted(_tools(shape), key=lambda tool: tool["name"])


def agent_tools(shape, kind):
    """The subset that sub-agents get: definitions equal to the main conversation's. Kinds 0 and 1
    share one set, 2 and 3 the smaller one."""
    made = _tools(shape)
    share = shape.agent_tools / shape.tools * (1 if kind < 2 else 5 / 7)
    count = max(1, round(share * len(made)))
    return sorted(made[:count], key=lambda tool: tool["name"])


FOLDER = "/home/user/project"
DATE = "2026-01-15"


def reminders(shape, folder=FOLDER, date=DATE):
    """What the client tells in front of the first prompt: about the machine, the project and the
    day; and of its skills, which are the same everywhere."""
    writer = Writer(shape, "environment", folder)
    skills = Writer(shape, "skills").prose(max(100, shape.environment_bytes - 1000))
    facts = [f"Working directory: {folder}", "Platform: linux", f"Today's date: {date}",
             "Branch: main", "Status:", *(f" M {writer.path()}" for _ in range(6)),
             "Recent commits:", *(f"{writer.random.randrange(16**7):07x} {writer.sentence()}"
                                  for _ in range(5))]
    head = "\n".join(facts)
    told = (f"# Environment\n{head}",
            f"The following skills are available for use with the Skill tool:\n\n{skills}")
    return [_text(f"<system-reminder>\n{words}\n</system-reminder>") for words in told]


def _text(value, **more):
    return {"type": "text", "text": value, **more}


CACHED = {"cache_control": {"type": "ephemeral"}}


def _body(shape, chosen, system, messages):
    return {"model": "local", "messages": messages, "tools": chosen, "max_tokens": 1,
            "system": [_text("You are an assistant for work on software."),
                       _text(system, **CACHED)], "stream": True}


def conversation(shape, turns, folder=FOLDER, date=DATE):
    """The requests of one conversation; each extends the one before it by one turn."""
    writer = Writer(shape, "turns", folder)
    chosen = tools(shape)
    system = Writer(shape, "system").prose(shape.system_bytes)
    messages = [{"role": "user", "content": [
        *reminders(shape, folder, date), _text(writer.prose(shape.prompt_bytes), **CACHED)]}]
    for turn in range(turns):
        if turn:
            identity = f"toolu_{shape.seed:04}{turn:08}"
            call = {"type": "tool_use", "id": identity, "name": chosen[turn % 3]["name"],
                    "input": {"path": writer.path(), "limit": writer.random.randrange(2000)}}
            messages = messages + [
                {"role": "assistant", "content": [_text(writer.sentence()), call]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": identity,
                                              "content": writer.code(shape.result_bytes)}]}]
        yield _body(shape, chosen, system, messages)


def continued(shape, body, name, prompt_bytes=None):
    """The conversation goes on from `body` with an answer and a prompt; another `name`, other
    words: a fork."""
    writer = Writer(shape, "continued", name)
    prompt = writer.prose(prompt_bytes or shape.prompt_bytes)
    return {**body, "messages": body["messages"] + [
        {"role": "assistant", "content": [_text(writer.sentence())]},
        {"role": "user", "content": [_text(prompt, **CACHED)]}]}


def compacted(shape, body, turns):
    """The request for a summary of `body`, and those of the conversation that goes on from it:
    nothing of what was said stands in them, but tools, system text and environment."""
    yield continued(shape, body, "to be compacted", 4 * shape.prompt_bytes)
    told = body["messages"][0]["content"][:-1]
    summary = Writer(shape, "summary").prose(20 * shape.prompt_bytes)
    begin = {**body, "messages": [{"role": "user", "content": [
        *told, _text(summary, **CACHED)]}]}
    for turn in range(turns):
        yield begin
        begin = continued(shape, begin, f"compacted {turn}")


def sub_agents(shape, count, folder=FOLDER):
    """The first requests of `count` sub-agents of four kinds, as one reply starts them at once."""
    for index in range(count):
        kind = index % 4
        system = Writer(shape, "agent", kind).prose(shape.agent_system_bytes)
        task = Writer(shape, "task", index).prose(4 * shape.prompt_bytes)
        yield _body(shape, agent_tools(shape, kind), system, [
            {"role": "user", "content": [*reminders(shape, folder), _text(task, **CACHED)]}])


def day(shape):
    """What one does with the client on a day: (name, requests, whether they come at once). Without
    requests: a restart of the server."""
    session = list(conversation(shape, 4))
    yield "a session", session, False
    yield "its continuation and a fork of it", [continued(shape, session[-1], name)
                                                for name in ("continued", "forked")], False
    yield "a restart", None, False
    yield "eight agents", list(sub_agents(shape, 8)), True
    yield "another repository", list(conversation(shape, 2, "/home/user/another")), False
    yield "a compaction", list(compacted(shape, session[-1], 2)), False
    yield "a restart", None, False
    yield "the next day", list(conversation(shape, 2, date="2026-01-16")), False


def fitted(shape, tokens, count):
    """The shape whose first prompt has about `tokens` by `count(body)`, within 1 %."""
    shape = shape.of_tokens(tokens)
    for _ in range(6):
        measured = count(next(conversation(shape, 1)))
        if abs(measured - tokens) <= tokens / 100:
            break
        shape = shape.scaled(tokens / measured)
    return shape


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=19_000)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the bodies, one a line")
    chosen = parser.parse_args()
    shape = Shape(seed=chosen.seed).of_tokens(chosen.tokens)
    bodies = [*conversation(shape, chosen.turns), *sub_agents(shape, chosen.agents)]
    for body in bodies:
        if chosen.json:
            print(json.dumps(body))
        else:
            sizes = {part: len(json.dumps(body[part])) for part in ("tools", "system", "messages")}
            print(f"{len(body['tools'])} tools, bytes: {sizes}, "
                  f"about {sum(sizes.values()) / BYTES_PER_TOKEN:.0f} tokens")


if __name__ == "__main__":
    main()
