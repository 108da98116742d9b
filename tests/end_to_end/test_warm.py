"""Prompts that are computed before anybody asks, with the real Claude Code."""
import json

from harness import Home, computed_tokens, expect, expect_equal, prompt_tokens, wait_until
from harness.project import SHORT, Project, result_of


def set_up(home, folder):
    """As after the client's first start, when it was told that it may trust the folder."""
    (home.path / ".claude.json").write_text(json.dumps({
        "hasCompletedOnboarding": True, "theme": "dark",
        "projects": {str(folder): {"hasTrustDialogAccepted": True,
                                   "hasCompletedProjectOnboarding": True}}}))


def warm(project, *arguments, **environment):
    return project.h.run("warm", "--model", project.h.model, "--seed", "7", *arguments,
                         home=project.home, cwd=project.folder, timeout_s=300, PATH=project.path,
                         ANYCLAUDE_PORT=str(project.server.port),
                         ANYCLAUDE_API_KEY=project.server.key, IS_SANDBOX="1", **environment)


def warmed(server):
    return server.metric("anyclaude_engine_prefill_tokens_total", **{"for": "warm"})


def test_from_client(h):
    """On a bare cache, learns the client's prompts; the user's first one is then not computed."""
    project = Project(h, h.own_server())
    set_up(project.home, project.folder)
    done = warm(project, "--from-client", "--json")
    expect_equal(done.returncode, 0, f"exit code\n{done.stdout}\n{done.stderr}")
    report = json.loads(done.stdout)
    expect(report["done"] and report["prompts"] >= 2 and report["failed"] == 0, f"{report}")
    expect(report["computed"] > 3000, f"{report}")
    expect_equal(project.server.prefilled(), 0, "tokens computed for requests")
    expect_equal(warmed(project.server), report["computed"], "tokens computed ahead")
    expect("is not" not in done.stderr, f"the client did not ask in both ways: {done.stderr}")

    result_of(project.claude("-p", "What is a river?", "--output-format", "json", **SHORT))
    said = project.proxy.messages()
    first = max(said, key=lambda exchange: prompt_tokens(exchange.usage()))
    computed = computed_tokens(first.usage())
    expect(computed <= 300, f"the first prompt computed {computed} of "
           f"{prompt_tokens(first.usage())} tokens")
    h.note(f"computed ahead {report['computed']} tokens of {report['prompts']} prompts; "
           f"then {computed} of {prompt_tokens(first.usage())}")

    again = warm(project)
    expect_equal(again.returncode, 0, f"exit code\n{again.stderr}")
    expect("prompts are warm" in again.stdout, again.stdout)
    project.proxy.close()


def test_after_a_restart(h):
    """An idle server computes what it knows of, and tells it apart from requests."""
    home = Home(h.scratch)
    first = h.own_server(home=home)
    project = Project(h, first)
    result_of(project.claude("-p", "What is a lake?", "--output-format", "json", **SHORT))
    project.proxy.close()
    first.stop()
    done = h.run("cache", "prune", "--to", "0", home=home)
    expect_equal(done.returncode, 0, f"exit code\n{done.stderr}")

    second = h.own_server(home=home, no_warm=False)
    wait_until(lambda: " warm: " in second.log(), "the known prompt is computed", 240)
    expect(warmed(second) > 3000, f"{warmed(second)} tokens computed ahead")
    project = Project(h, second)
    result_of(project.claude("-p", "What is a sea?", "--output-format", "json", **SHORT))
    computed = max(computed_tokens(exchange.usage()) for exchange in project.proxy.messages())
    expect(computed <= 300, f"the first prompt after a restart computed {computed} tokens")
    project.proxy.close()


def test_nothing_to_do(h):
    """Says how it comes to know a prompt."""
    server = h.own_server()
    done = h.run("warm", "--model", h.model, "--seed", "7", home=server.home,
                 ANYCLAUDE_PORT=str(server.port), ANYCLAUDE_API_KEY=server.key)
    expect_equal(done.returncode, 1, "exit code")
    expect("--from-client" in done.stdout, done.stdout)
