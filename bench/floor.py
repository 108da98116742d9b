"""How much of recorded traffic nobody had seen before: what even a perfect cache must compute.

Each request is written down as text in the best order that is known when the day is over: the tools
that most of the day's tool sets have stand first, then the other tools, the system text, the
messages. What it does not share with the beginning of any request before it is new. A real server
must do with tokens, templates and an order that it knows in advance.
"""
import collections
import json


def plain(value):
    """Without the markers that the client moves from block to block."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "cache_control"}
    return [plain(each) for each in value] if isinstance(value, list) else value


def blocks(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def tools(body):
    return [json.dumps(plain(tool)) for tool in body.get("tools") or []]


def text(body, sets_with):
    parts = sorted(tools(body), key=lambda tool: (-sets_with[tool], tool))
    parts += [block.get("text", "") for block in blocks(body.get("system"))
              if not block.get("text", "").startswith("x-anthropic-billing-header:")]
    parts += [f"<{message['role']}>" + json.dumps(plain(blocks(message["content"])))
              for message in body["messages"]]
    return "".join(parts)


def common(a, b):
    """The length of their common beginning."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def new_shares(steps):
    """`steps`: the bodies of each, in the day's order. Of each step the share that was new."""
    sets = {frozenset(tools(body)) for step in steps for body in step}
    sets_with = collections.Counter(tool for one in sets for tool in one)
    seen, shares = [], []
    for step in steps:
        whole = new = 0
        for body in step:
            written = text(body, sets_with)
            new += len(written) - max((common(written, other) for other in seen), default=0)
            whole += len(written)
            seen.append(written)
        shares.append(new / max(whole, 1))
    return shares
