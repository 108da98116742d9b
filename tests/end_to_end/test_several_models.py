"""Several models in one server: each loaded when a request names it; idle ones leave, and find what
was computed with them when they are back."""
from harness import (Home, assistant, body, computed_tokens, expect, expect_equal, prompt_tokens,
                     prose, user, wait_until)
from harness.project import SHORT, Project, result_of

ASKED = prose(seed=91, words=400)


def home_with_twin(h):
    """A home whose models folder has another model: the same weights under another name."""
    home = Home(h.scratch)
    folder = home.path / "cache" / "anyclaude" / "models"
    folder.mkdir(parents=True)
    content = h.model.read_bytes()
    name = b"Smollm2 135M"
    expect(name in content[:4096], "the model's file does not tell its name as it did")
    (folder / "twin.gguf").write_bytes(content.replace(name, b"Another 135M", 1))
    return home


def ask(server, model, prompt=ASKED):
    """Its usage."""
    return server.answer(body(user(prompt), model=model, max_tokens=4))["usage"]


def listed(server):
    """{id: description}"""
    return {one["id"]: one["display_name"] for one in server.get("/v1/models").json["data"]}


def loaded(server):
    return int(server.metric("anyclaude_models_loaded"))


def test_each_request_is_answered_by_the_model_it_names(h):
    server = h.own_server(home=home_with_twin(h), models="second=twin")
    expect_equal(loaded(server), 1, "models loaded at the start")
    names = listed(server)
    expect_equal(list(names)[1], "local-second", "the second model")
    expect("(not loaded)" in names["local-second"], f"it is not said to be unloaded: {names}")
    first, second = ask(server, "claude-sonnet-4-5"), ask(server, "second")
    expect_equal(loaded(server), 2, "models loaded")
    expect_equal(computed_tokens(second), prompt_tokens(first),
                 "computed by the second: nothing of the first one's is its own")
    for name in ("local-second", "second", "local-smollm2-135m-instruct.q4-1", "anything"):
        expect_equal(computed_tokens(ask(server, name)), 1, f"computed again for {name}")
    counted = server.count(body(user(ASKED), model="second"))
    expect_equal(counted, prompt_tokens(first), "counted")
    def stored():
        return {one["model"] for one in server.get("/api/cache/prompts").json["prompts"]}
    wait_until(lambda: {"local-second", "local-smollm2-135m-instruct.q4-1"} <= stored(),
               "prompts of both are stored")


def test_an_idle_model_comes_back_and_finds_its_prompts(h):
    server = h.own_server(home=home_with_twin(h), models="all", model_idle="1s")
    before = ask(server, "twin")
    expect(computed_tokens(before) > 100, f"nothing was new: {before}")
    ask(server, "first")
    wait_until(lambda: loaded(server) == 0, "both models leave")
    expect_equal(server.get("/ready").status, 200, "ready without a loaded model")
    stream = server.stream(body(user(ASKED), model="twin", max_tokens=4))
    events = [event["type"] for event in stream]
    expect_equal((events[0], events[-1]), ("message_start", "message_stop"), "first and last event")
    expect_equal(computed_tokens(stream.usage), 1, "computed of what was known")
    expect_equal(computed_tokens(ask(server, "first")), 1, "computed of what was known")
    expect_equal(int(server.metric("anyclaude_engine_prefill_tokens_total", **{"for": "request"})),
                 2 * prompt_tokens(before) + 2, "computed in all")


def test_a_model_that_comes_back_has_its_answers_as_it_sampled_them(h):
    server = h.own_server(home=home_with_twin(h), models="twin", model_idle="1s")
    asked = {}
    for model in ("first", "twin"):
        asked[model] = [user(f"What is {model}?")]
        answer = server.answer(body(*asked[model], model=model, max_tokens=12))
        asked[model] += [assistant(answer["content"]), user("And then?")]
    wait_until(lambda: loaded(server) == 0, "both models leave")
    expect_equal(server.metric("anyclaude_journal_dropped_records_total"), 0, "answers lost")
    for model, messages in asked.items():
        server.answer(body(*messages, model=model, max_tokens=4))
    told = "anyclaude_prompt_answers_total"
    expect_equal(server.metric(told, **{"as": "sampled"}), 2, "answers as sampled")
    expect_equal(server.metric(told, **{"as": "text"}), 0, "answers as text")


def test_a_model_that_is_gone_harms_no_other(h):
    home = home_with_twin(h)
    server = h.own_server(home=home, models="twin")
    refused = h.run("models", "rm", "twin", home=home)
    expect_equal(refused.returncode, 1, "exit code of rm")
    expect("uses twin" in refused.stderr, f"rm does not say why: {refused.stderr}")
    removed = h.run("models", "rm", "twin", "--force", home=home)
    expect_equal(removed.returncode, 0, f"exit code of rm --force: {removed.stderr}")
    reply = server.ask(body(user("Hello."), model="twin", max_tokens=4))
    expect_equal(reply.status, 500, reply.text)
    expect("twin.gguf" in reply.error[1], f"it does not say what is gone: {reply.text}")
    expect(ask(server, "first"), "the other model answers")


def test_the_client_has_the_small_model_for_what_is_small(h):
    flags = ("--model", h.model, "--models", "small=twin", "--small-model", "small", "--seed", "7")
    server = h.own_server(home=home_with_twin(h), models="small=twin", small_model="small")
    project = Project(h, server, flags)
    result_of(project.claude("-p", "Say hello.", "--model", "haiku", "--output-format", "json",
                             "--tools", "Read", **SHORT))
    asked = {one.payload["model"] for one in project.proxy.messages()}
    expect_equal(asked, {"local-small"}, "models that the client asked")
    expect_equal(loaded(server), 2, "models loaded")
    project.proxy.close()


def test_a_small_model_that_is_none_is_refused_at_the_start(h):
    done = h.run("serve", "--port", "0", "--model", h.model, "--small-model", "tiny")
    expect_equal(done.returncode, 1, "exit code")
    expect("'tiny' is none of --models" in done.stderr, f"it does not say why: {done.stderr}")
