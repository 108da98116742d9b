"""What the cases need beside the program: given by the environment, else fetched by scripts/setup/
into the user's cache folder when a case first asks for it."""
import functools
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts" / "setup"


def output_of(script, *arguments):
    """The lines that a setup script prints; what it says about its work goes to the terminal."""
    done = subprocess.run([str(SCRIPTS / script), *arguments], stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, check=True)
    return done.stdout.split("\n")[:-1]


class Setup:
    @functools.cached_property
    def model(self):
        """SmolLM2, the default model."""
        given = os.environ.get("ANYCLAUDE_TEST_MODEL")
        return Path(given or output_of("models.sh", "smollm2")[-1]).resolve()

    @functools.cached_property
    def claude(self):
        """The real client."""
        given = os.environ.get("ANYCLAUDE_TEST_CLAUDE")
        return Path(given or output_of("claude.sh")[-1]).absolute()

    @functools.cache
    def sdks(self):
        """{"python": PATH, "node": PATH, "node_folder": PATH}"""
        return dict(line.split("=", 1) for line in output_of("sdks.sh"))

    @functools.cache
    def mlx_lm(self):
        """{"python": PATH, "model": FOLDER}: the real mlx-lm and SmolLM2 as it loads it."""
        return dict(line.split("=", 1) for line in output_of("mlx_lm.sh"))

    @functools.cache
    def vllm(self):
        """{"python": PATH, "model": FOLDER}: the real vLLM and SmolLM2 as it loads it."""
        return dict(line.split("=", 1) for line in output_of("vllm.sh"))

    @functools.cache
    def browser(self):
        """{"python": PATH, "browser": PATH}: a Python that has Playwright, and a Chromium."""
        return dict(line.split("=", 1) for line in output_of("browser.sh"))

    @functools.cached_property
    def axe(self):
        """The script that finds what keeps people from using a page."""
        told = dict(line.split("=", 1) for line in output_of("web.sh"))
        return Path(told["modules"]) / "axe-core" / "axe.min.js"

    @functools.cached_property
    def llama_server(self):
        """The real one, of the engine's source."""
        return Path(output_of(ROOT / "bench" / "rival.sh")[-1]) / "llama-server"

    @functools.cache
    def template(self, name):
        """A Jinja file among those that the engine's source has."""
        return engine_source() / "models" / "templates" / f"{name}.jinja"


def engine_source():
    told = (Path(output_of("engine.sh")[-1]) / "engine-config.cmake").read_text()
    return Path(re.search(r'ENGINE_SOURCE "(.*)"', told).group(1))
