# One command for each thing that a person does here; the work itself is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-long bench bench-gateway lint format check-format clean \
  test-mlx test-llama-server test-vllm test-ui test-packages package bench-backends

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## Install what is missing, build, and watch the real Claude Code on a small local model
	@scripts/demo.sh

build:  ## Build build/release/anyclaude
	@scripts/build.sh release

test:  ## Everything that can be checked here (PARTS="check lint" for some of it)
	@scripts/test.sh $(PARTS)

test-long:  ## The faults of the cache for an hour or more: a million steps, thousands of kills
	@scripts/test.sh packages long

test-mlx:  ## The real client on the real mlx-lm, on the CPU (6 minutes, 360 MB to fetch)
	@scripts/test.sh packages mlx

test-llama-server:  ## The real client on the real llama-server (2 minutes; 8 to build it once)
	@scripts/test.sh packages llama_server

test-vllm:  ## The real client on the real vLLM, on the CPU (7 minutes, 7 GB to fetch)
	@scripts/test.sh packages vllm

test-ui:  ## The dashboard in a real browser (5 minutes); its pictures go to build/ui
	@scripts/test.sh packages web ui

test-packages:  ## The package in a clean root, as root (6 minutes; half an hour more once)
	@scripts/test.sh packages installed

package:  ## A .deb in build/package that runs on every CPU (half an hour the first time)
	@scripts/setup/packages.sh package && scripts/build.sh package
	@cd build/package && cpack

bench: build  ## Measure beside llama-server (BENCH="--quick" and other arguments of bench/run.py)
	@cmake --build --preset release --target cache_probe engine_probe
	@python3 bench/run.py --anyclaude build/release/anyclaude $(BENCH)

bench-gateway: build  ## Measure what it adds to another server, beside two gateways (GATEWAY="--rounds 9")
	@cmake --build --preset release --target gateway_probe
	@python3 bench/gateway.py --anyclaude build/release/anyclaude --rivals $(GATEWAY)

bench-backends: build  ## Two turns of the real client through every backend (15 minutes, 7 GB)
	@scripts/setup/models.sh >/dev/null && scripts/setup/claude.sh >/dev/null
	@python3 bench/backends.py --anyclaude build/release/anyclaude $(BENCH)

setup:  ## Install the packages that are missing, also those of the checks
	@scripts/setup/packages.sh check

lint:  ## clang-tidy
	@scripts/test.sh packages lint

format:  ## Apply .clang-format
	@scripts/format.sh

check-format:
	@scripts/format.sh --check

clean:  ## Remove build/; what was fetched stays in the cache folder
	@rm -rf build
