"""Request bodies, and what their usage says."""


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


def text(value):
    return {"type": "text", "text": value}


def body(*messages, **more):
    """A request body: strings are user messages; anything else is passed on."""
    turns = [user(m) if isinstance(m, str) else m for m in messages]
    return {"model": "local", "max_tokens": 8, "messages": turns, **more}


def prompt_tokens(usage):
    return (usage["input_tokens"] + (usage.get("cache_read_input_tokens") or 0)
            + (usage.get("cache_creation_input_tokens") or 0))


def computed_tokens(usage):
    return prompt_tokens(usage) - (usage.get("cache_read_input_tokens") or 0)


WORDS = ("amber basin candle delta ember fallow granite harbour island juniper kettle lantern "
         "meadow needle orchard pebble quarry ribbon saddle timber umbrella valley willow "
         "yonder").split()


def prose(seed, words):
    """`words` words that begin with a sentence no other seed has."""
    state = seed * 2654435761 % 2**32
    chosen = []
    for _ in range(words):
        state = (state * 1664525 + 1013904223) % 2**32
        chosen.append(WORDS[(state >> 16) % len(WORDS)])
    return f"Report number {seed}. " + " ".join(chosen) + "."
