"""`anyclaude cache`: what is stored is listed, checked, thrown out, and carried elsewhere."""
import json
import stat

from harness import (Home, KEY, body, computed_tokens, expect, expect_equal, prompt_tokens, prose,
                     wait_until)

TEAM_KEY = "the-key-of-the-team"


def cache(h, server, *arguments, exit_code=0, **environment):
    """Runs `anyclaude cache` as the user of `server`; returns what it printed."""
    return home_cache(h, server.home, "--port", server.port, *arguments, exit_code=exit_code,
                      ANYCLAUDE_API_KEY=server.key, **environment)


def home_cache(h, home, *arguments, exit_code=0, **environment):
    done = h.run("cache", *arguments, home=home, **environment)
    expect_equal(done.returncode, exit_code,
                 f"exit code of cache {arguments}\n{done.stdout}{done.stderr}")
    return done.stdout if exit_code == 0 else done.stdout + done.stderr


def prompts(h, server):
    return json.loads(cache(h, server, "ls", "--json"))["prompts"]


def stored(h, server, words, tokens):
    """The stored prompt with these words, once all of it is on the disk."""
    def found():
        return [p for p in prompts(h, server) if p["words"].startswith(words) and p["on_disk"]
                and p["tokens"] >= tokens]
    return wait_until(found, f"'{words}' is stored")[0]


def ask(server, payload, **headers):
    usage = server.answer(payload, headers)["usage"]
    return computed_tokens(usage), prompt_tokens(usage)


def test_a_pinned_prompt_stays(h):
    server = h.own_server()
    _, tokens = ask(server, body(prose(76, 120), max_tokens=2, temperature=0))
    prompt = stored(h, server, "Report number 76.", tokens)
    said = cache(h, server, "pin", prompt["id"][:10])
    expect("is kept" in said, f"pin says {said}")
    expect(", pinned" in cache(h, server, "ls"), "ls does not show it")
    cache(h, server, "prune", "--to", "1MiB")
    expect(stored(h, server, "Report number 76.", tokens)["pinned"], "it is not kept")
    server.stop()
    # Where no server runs the folder itself is asked, and remembers.
    listed = json.loads(home_cache(h, server.home, "ls", "--json"))["prompts"]
    expect([one["pinned"] for one in listed] == [True], f"after the server's end: {listed}")
    home_cache(h, server.home, "unpin", prompt["id"][:10])
    home_cache(h, server.home, "prune", "--of", prompt["model"])
    expect("nothing is stored" in home_cache(h, server.home, "ls"), "it is not thrown out")
    said = home_cache(h, server.home, "pin", prompt["id"][:10], exit_code=1)
    expect("cache ls" in said, f"what is not there is not told: {said}")


def test_a_prompt_travels_to_another_machine(h):
    first = body(prose(71, 200), max_tokens=2, temperature=0)
    second = body(prose(72, 120), max_tokens=2, temperature=0)
    server = h.own_server()
    cold, tokens = ask(server, first)
    expect_equal(cold, tokens, "computed of the first prompt")
    ask(server, second)
    prompt = stored(h, server, "Report number 71.", tokens)
    stored(h, server, "Report number 72.", 120)

    table = cache(h, server, "ls")
    lines = table.splitlines()
    expect_equal(len(lines), 3, f"lines of\n{table}")
    expect("BEGINS WITH" in lines[0], f"the head of\n{table}")
    for words in ("Report number 71.", "Report number 72."):
        expect(any(words in line and "local-smollm2" in line.lower() and "disk" in line
                   for line in lines), f"'{words}' is not listed:\n{table}")
    expect("tokens in" in cache(h, server), "sizes")

    file = Home(h.scratch).path / "prompt.anykv"
    cache(h, server, "export", prompt["id"][:10], file, ANYCLAUDE_TEAM_KEY=TEAM_KEY)
    expect_equal(stat.S_IMODE(file.stat().st_mode), 0o600, "mode of the exported file")
    said = cache(h, server, "export", prompt["id"], file, exit_code=1)
    expect(str(file) in said, f"a file that is there is not named: {said}")

    other = h.own_server()
    for key in ({}, {"ANYCLAUDE_TEAM_KEY": "another-key"}):
        said = cache(h, other, "import", file, exit_code=1, **key)
        expect("key" in said, f"import refused without a reason: {said}")
    expect_equal(prompts(h, other), [], "stored after imports that were refused")
    said = cache(h, other, "import", file, ANYCLAUDE_TEAM_KEY=TEAM_KEY)
    expect("Report number 71." in said, f"what was imported is not named: {said}")
    again = h.run("cache", "--port", other.port, "import", file, home=other.home,
                  ANYCLAUDE_API_KEY=other.key, ANYCLAUDE_TEAM_KEY=TEAM_KEY)
    expect("reading the prompt" in again.stderr and " %" in again.stderr,
           f"how far it is: {again.stderr}")
    before = other.prefilled()
    computed, again = ask(other, first)
    expect_equal(again, tokens, "tokens of the same prompt")
    expect_equal(computed, 1, "computed of the imported prompt: all but the last token is there")
    expect_equal(other.prefilled() - before, 1, "the same by the engine's own count")
    expect_equal(ask(other, second)[0] > 100, True, "what was not exported is computed")
    expect("imported" in cache(h, other, "ls"), "the mark of what was imported")
    h.note(f"{tokens} tokens exported, {file.stat().st_size >> 10} KiB, 1 computed elsewhere")


def test_the_folder_of_no_server(h):
    server = h.own_server()
    tokens = ask(server, body(prose(73, 150), max_tokens=2))[1]
    ask(server, body(prose(74, 150), max_tokens=2))
    prompt = stored(h, server, "Report number 73.", tokens)
    file = Home(h.scratch).path / "unsigned.anykv"
    said = cache(h, server, "export", prompt["id"], file)
    expect("--trust" in said, f"nothing is said of the missing signature: {said}")
    server.stop()
    home = server.home
    ids = [p["id"] for p in json.loads(home_cache(h, home, "ls", "--json"))["prompts"]]
    expect_equal(len(ids), 2, "listed without a server")
    expect("all are right" in home_cache(h, home, "verify"), "the check of a sound folder")

    pieces = sorted(home.path.rglob("*.range"))
    broken = bytearray(pieces[0].read_bytes())
    broken[-100] ^= 1
    pieces[0].write_bytes(broken)
    said = home_cache(h, home, "verify", exit_code=1)
    expect("1 were wrong" in said, f"the check of a broken folder: {said}")
    expect("all are right" in home_cache(h, home, "verify"), "the check after the repair")

    home_cache(h, home, "prune", exit_code=1)
    home_cache(h, home, "prune", "--to", "0")
    expect("nothing is stored" in home_cache(h, home, "ls"), "left after prune --to 0")
    home_cache(h, home, "import", file, exit_code=1)
    home_cache(h, home, "import", file, "--trust")
    listed = json.loads(home_cache(h, home, "ls", "--json"))["prompts"]
    expect_equal([p["id"] for p in listed], [prompt["id"]], "listed after the import")
    expect("no folder" in home_cache(h, Home(h.scratch), "ls", exit_code=1), "an empty home")


def test_keys_keep_what_they_compute_apart(h):
    """Another key's prompt is computed again, a group shares; after a restart too."""
    keys = "anna@team=key-of-anna,ben@team=key-of-ben,carl=key-of-carl"
    payload = body(prose(75, 150), max_tokens=2, temperature=0)

    def computed(server, key):
        return ask(server, payload, **{"x-api-key": key})
    server = h.own_server(keys=keys)
    cold, tokens = computed(server, "key-of-anna")
    expect_equal(cold, tokens, "computed for anna")
    expect_equal(computed(server, "key-of-ben")[0], 1, "computed for ben, of anna's group")
    expect_equal(computed(server, "key-of-carl")[0], tokens, "computed for carl")
    for path in ("/metrics", "/api/cache", "/api/requests"):
        status = server.get(path, headers={"x-api-key": "key-of-carl"}).status
        expect_equal(status, 403, f"{path} for a key that is not the owner's")
    table = cache(h, server, "ls")
    expect("for group team" in table and "for key carl" in table, f"whose they are:\n{table}")
    server.stop()
    again = h.own_server(home=server.home, keys=keys)
    expect_equal(computed(again, KEY)[0], tokens, "computed for the owner after a restart")
    for key in ("key-of-ben", "key-of-carl"):
        expect_equal(computed(again, key)[0], 1, f"computed for {key} after a restart")
