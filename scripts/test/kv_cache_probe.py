#!/usr/bin/env python3
"""Asks a running server of models whether its prompt cache works.

usage: test-mlx-kv-cache-real.sh URL [--tokens N] [--rounds N] [--model NAME] [--key KEY]
                                 [--api openai|anthropic]

URL is where MLX-LM, LM Studio, vLLM, llama-server, anyclaude or another server with Chat
Completions or the Messages API listens, with or without /v1. Every round asks two questions: one
behind a long text that the server has never seen (cold), then another one behind the same text
(hit). What counts is the time to the first token. The rounds alternate, so that what disturbs the
machine disturbs both; where they leave it open, more are asked. In the end the first text comes
once more: does the server still know it after all the others?

Ends with 0: the cache works; 1: it does not; 2: it cannot be told, or the server does not answer.
Needs Python 3 and nothing else. Nothing is stored but by the server itself.
"""
import argparse
import http.client
import json
import os
import random
import statistics
import sys
import time
import urllib.parse

TIMEOUT_S = 900
WORDS = ("amber basin candle delta ember fallow granite harbour island juniper kettle lantern "
         "meadow needle orchard pebble quarry ribbon saddle timber umbrella valley willow "
         "yonder").split()
QUESTIONS = ("What is this text about?", "Which word comes most often?", "Is it a poem?",
             "How long is it?", "Who may have written it?")

WORKS, FAILS, OPEN = 0, 1, 2


class ProbeError(Exception):
    """What went wrong and what to do, in words for the user."""


class Answer:
    """`seconds` until the first token; `prompt_tokens` and `cached_tokens` are None where the
    server does not tell."""

    def __init__(self, seconds, prompt_tokens, cached_tokens):
        self.seconds = seconds
        self.prompt_tokens = prompt_tokens
        self.cached_tokens = cached_tokens


class Server:
    """One server of models at `url`; finds the form of its API and a model that answers."""

    def __init__(self, url, key="", model="", api=""):
        parts = urllib.parse.urlsplit(url if "://" in url else "http://" + url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ProbeError(f"{url} is no address; it looks like http://localhost:8081.")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._parts = parts
        self._prefix = parts.path.rstrip("/").removesuffix("/v1")
        self._key = key
        self.model = model or self._find_model()
        self.api = api or self._find_api()

    def _connect(self):
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._parts.hostname, self._parts.port, timeout=TIMEOUT_S)

    def _send(self, method, path, body=None):
        """(connection, response); the caller closes the connection."""
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
        if self._key:
            headers.update({"authorization": f"Bearer {self._key}", "x-api-key": self._key})
        connection = self._connect()
        try:
            connection.request(method, self._prefix + path, body and json.dumps(body), headers)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ProbeError(f"Nothing answers at {self.origin} ({error}). Start the server, or "
                             "give the address that it has.") from error

    def _get(self, path):
        """(status, the JSON or None, the name of the HTTP server)"""
        connection, reply = self._send("GET", path)
        try:
            raw = reply.read()
            value = json.loads(raw) if reply.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            value = None
        finally:
            connection.close()
        return reply.status, value, reply.getheader("server") or ""

    def _find_model(self):
        status, listed, software = self._get("/v1/models")
        if status in (401, 403):
            raise ProbeError(f"{self.origin} wants a key: give it with --key, or in API_KEY.")
        names = [model["id"] for model in (listed or {}).get("data") or [] if "id" in model]
        _, own, _ = self._get("/api/v0/models")  # LM Studio's: which of them is loaded
        loaded = [model.get("id") for model in (own or {}).get("data") or []
                  if model.get("state") == "loaded" and model.get("type") != "embeddings"]
        if loaded:
            return loaded[0]
        # mlx-lm lists all that was ever fetched, and would load that; a folder is what it was
        # started with, and this name always means that.
        if software.startswith("BaseHTTP"):
            return next((name for name in names if name.startswith("/")), "default_model")
        if not names:
            raise ProbeError(f"{self.origin} lists no model at {self._prefix}/v1/models (status "
                             f"{status}). Is the address right, and is it done loading? A model "
                             "can be given with --model.")
        return names[0]

    def _find_api(self):
        for api in ("openai", "anthropic"):
            connection, reply = self._send("POST", PATHS[api], self._body(api, "", "Hi"))
            reply.read()
            connection.close()
            if reply.status not in (404, 405, 501):
                return api
        raise ProbeError(f"{self.origin} has neither Chat Completions nor the Messages API.")

    def _body(self, api, system, question):
        body = {"model": self.model, "max_tokens": 1, "stream": True, "temperature": 0}
        messages = [{"role": "user", "content": question}]
        if api == "anthropic":
            return {**body, "messages": messages, **({"system": system} if system else {})}
        if system:
            messages.insert(0, {"role": "system", "content": system})
        return {**body, "messages": messages, "stream_options": {"include_usage": True}}

    def ask(self, system, question):
        """Asks for one token, so that the stream ends with the first one at the latest."""
        start = time.monotonic()
        connection, reply = self._send("POST", PATHS[self.api],
                                       self._body(self.api, system, question))
        try:
            if reply.status != 200:
                raise ProbeError(refusal(self.origin, reply.status, reply.read()))
            return read_stream(reply, start)
        except (OSError, http.client.HTTPException) as error:
            raise ProbeError(f"{self.origin} broke the answer off: {error}") from error
        finally:
            connection.close()


PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def refusal(origin, status, raw):
    try:
        told = json.loads(raw)["error"]
        message = told.get("message", told) if isinstance(told, dict) else told
    except (ValueError, KeyError, TypeError):
        message = raw[:200].decode(errors="replace")
    advice = {401: " Give its key with --key, or in API_KEY.", 403: " Is the key right?",
              400: " If the prompt is too long for it, ask with fewer --tokens."}
    return f"{origin} refuses ({status}): {str(message).rstrip('.')}.{advice.get(status, '')}"


def read_stream(reply, start):
    first = prompt = cached = None
    for line in reply:
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        event = json.loads(line[5:])
        if "error" in event:
            raise ProbeError(f"The answer ends with an error: {json.dumps(event['error'])[:300]}")
        if first is None and has_token(event):
            first = time.monotonic() - start
        usage = event.get("usage") or (event.get("message") or {}).get("usage") or {}
        if usage.get("prompt_tokens"):  # Chat Completions
            prompt = usage["prompt_tokens"]
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", cached)
        elif usage.get("input_tokens") or usage.get("cache_read_input_tokens"):  # Messages
            cached = usage.get("cache_read_input_tokens", cached)
            prompt = (usage.get("input_tokens", 0) + (cached or 0)
                      + (usage.get("cache_creation_input_tokens") or 0))
    return Answer(first if first is not None else time.monotonic() - start, prompt, cached)


def has_token(event):
    if event.get("type") == "content_block_delta":
        return True
    for choice in event.get("choices") or []:
        delta = choice.get("delta") or {}
        if any(delta.get(name) for name in ("content", "reasoning", "reasoning_content",
                                            "tool_calls")):
            return True
    return False


def text_of(words, nonce):
    """As many words that no other nonce has in this order, from the first one on. Each comes as
    often as the others, so that texts of the same length have the same number of tokens."""
    dice = random.Random(nonce)
    chosen = []
    while len(chosen) < words:
        chosen += dice.sample(WORDS, len(WORDS))
    return f"Session {nonce}. " + " ".join(chosen[:words]) + "."


class Probe:
    """Texts of about `tokens` tokens, and what the rounds have shown of them."""

    def __init__(self, server, tokens):
        self.server = server
        self._tokens = tokens
        self._words = 0
        self._texts = []
        self.colds = []
        self.hits = []

    def fit(self):
        """Finds how many words make as many tokens, by two short texts. Also has the server load
        what it loads at its first request."""
        least, most = len(WORDS), len(WORDS) * max(2, min(5, self._tokens // 48))
        few, more = [self.server.ask(text_of(words, random.getrandbits(64)), "Hi").prompt_tokens
                     for words in (least, most)]
        if few and more and more > few:
            words_a_token = (most - least) / (more - few)
            self._words = max(1, int(least + (self._tokens - few) * words_a_token))
        else:  # it does not count them
            self._words = int(self._tokens * 0.7)

    def new_text(self):
        return text_of(self._words, random.getrandbits(64))

    def round(self):
        text = self.new_text()
        first, second = random.sample(QUESTIONS, 2)
        self._texts.append(text)
        self.colds.append(self.server.ask(text, first))
        self.hits.append(self.server.ask(text, second))

    def first_again(self):
        return self.server.ask(self._texts[0], "And what is its first word?")

    def last_again(self):
        return self.server.ask(self._texts[-1], "And what is its last word?")

    def verdict(self):
        return decide(self.colds, self.hits)


def decide(colds, hits):
    """(WORKS, FAILS or OPEN; why)"""
    ratio = ratio_of(colds, hits)
    apart = max(hit.seconds for hit in hits) < min(cold.seconds for cold in colds)
    shares = [hit.cached_tokens / hit.prompt_tokens for hit in hits
              if hit.prompt_tokens and hit.cached_tokens is not None]
    told = min(shares) if len(shares) == len(hits) else None
    if ratio >= 2 and apart:
        return WORKS, f"every hit is quicker than every cold prompt, {ratio:.1f} times as a rule"
    if told is not None and told >= 0.5:
        if statistics.median(cold.seconds for cold in colds) < 0.5:
            return WORKS, ("the server counts the text as cached; cold prompts are too quick here "
                           "to see it in the time (more --tokens would show it)")
        if ratio < 1.3:
            return FAILS, "the server counts the text as cached, and is no quicker for it"
    if ratio < 1.3:
        return FAILS, f"the same text again takes as long as a new one ({ratio:.2f} times)"
    return OPEN, (f"hits are {ratio:.2f} times as quick in the median, and not every one is; ask "
                  "with more --tokens or --rounds, or on a quieter machine")


def ratio_of(colds, hits):
    """The median over the rounds: a cold prompt and its hit stood next to each other."""
    return statistics.median(cold.seconds / max(hit.seconds, 1e-6)
                             for cold, hit in zip(colds, hits))


def spread(values, form):
    return (f"{format(statistics.median(values), form)} "
            f"({format(min(values), form)} to {format(max(values), form)})")


def cached_of(answers):
    if any(answer.cached_tokens is None or not answer.prompt_tokens for answer in answers):
        return "the server does not tell what was cached"
    last = answers[-1]
    return f"{last.cached_tokens:,} of {last.prompt_tokens:,} tokens cached"


def run(options):
    server = Server(options.url, options.key, options.model, options.api)
    print(f"{server.origin}, model {server.model}, "
          f"{'Chat Completions' if server.api == 'openai' else 'Messages API'}, texts of about "
          f"{options.tokens:,} tokens", flush=True)
    probe = Probe(server, options.tokens)
    probe.fit()
    verdict, why = OPEN, ""
    while len(probe.colds) < (options.rounds if verdict != OPEN else 3 * options.rounds):
        probe.round()
        print(f"  round {len(probe.colds)}: cold {probe.colds[-1].seconds:.3f} s, "
              f"hit {probe.hits[-1].seconds:.3f} s", flush=True)
        verdict, why = probe.verdict()
    again = probe.first_again()
    ratios = [cold.seconds / max(hit.seconds, 1e-6) for cold, hit in zip(probe.colds, probe.hits)]
    print(f"cold   {spread([a.seconds for a in probe.colds], '.3f')} s; {cached_of(probe.colds)}")
    print(f"hit    {spread([a.seconds for a in probe.hits], '.3f')} s; {cached_of(probe.hits)}")
    print(f"ratio  {spread(ratios, '.1f')}")
    print(f"later  {again.seconds:.3f} s for the first text, after all others; "
          f"{cached_of([again])}")
    print({WORKS: "The cache works: ", FAILS: "The cache does not work: ",
           OPEN: "It cannot be told: "}[verdict] + why + ".")
    return verdict


def at_least_one(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def main():
    parser = argparse.ArgumentParser(
        prog="test-mlx-kv-cache-real.sh", description=__doc__.split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", metavar="URL", help="as http://localhost:8081")
    parser.add_argument("--tokens", type=at_least_one, default=4000,
                        help="length of each text (default: 4000; on a GPU rather 20000)")
    parser.add_argument("--rounds", type=at_least_one, default=3,
                        help="at least so many, at most three times as many (default: 3)")
    parser.add_argument("--model", default="", help="default: the loaded or first one it lists")
    parser.add_argument("--key", default=os.environ.get("API_KEY", ""),
                        help="its key; rather set API_KEY: flags can be seen in the process list")
    parser.add_argument("--api", choices=("openai", "anthropic"), default="",
                        help="default: found by asking")
    options = parser.parse_args()
    try:
        return run(options)
    except ProbeError as error:
        print(f"error: {error}", file=sys.stderr)
        return OPEN
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
