"""`doctor --backend mlx-lm --fix` from nothing but a Python to a server that answers."""
import json
import os
import signal

from harness import Home, expect, expect_equal


def checks_of(done):
    expect(done.stdout.startswith("{"), f"doctor says\n{done.stdout}{done.stderr}")
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_doctor_installs_and_starts_it(h):
    home = Home(h.scratch)
    model = h.setup.mlx_lm()["model"]
    arguments = ("doctor", "--backend", "mlx-lm", "--remote-model", model, "--mlx-lm-url",
                 f"http://127.0.0.1:{h.free_port()}/v1", "--json")
    environment = {"HF_HUB_OFFLINE": "1", "PATH": f"{h.setup.claude.parent}:{os.environ['PATH']}"}
    missing = h.run(*arguments, home=home, **environment)
    expect_equal(missing.returncode, 1, f"exit code\n{missing.stdout}{missing.stderr}")
    wrong = {name for name, check in checks_of(missing).items() if check["level"] == "fail"}
    expect_equal(wrong, {"mlx-lm", "backend"}, "what is missing")

    fixed = h.run(*arguments, "--fix", home=home, timeout_s=600, **environment)
    checks = checks_of(fixed)
    process = int(fixed.stderr.split("it runs as process ")[1].split(";")[0])
    try:
        expect_equal(checks["mlx-lm"]["level"], "ok", f"mlx-lm\n{fixed.stderr}")
        expect(model in checks["backend"]["text"], f"the server has {checks['backend']}")
        expect("told in words" in checks["tools"]["text"], f"its tools: {checks['tools']}")
        expect_equal(fixed.returncode, 0, f"exit code\n{fixed.stdout}{fixed.stderr}")
    finally:
        os.kill(process, signal.SIGTERM)
