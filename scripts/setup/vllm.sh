#!/usr/bin/env bash
# Installs the real vLLM, as scripts/setup/vllm/requirements.txt pins it, into the user's cache
# folder, makes SmolLM2 into what it loads, and prints where:
#   python=PATH   a Python that has `vllm`
#   model=FOLDER  SmolLM2-135M-Instruct in the form of the Hugging Face hub
#
# It is the build for CPUs, for tests and benchmarks: about 2 minutes and 7 GB, the model 270 MB
# more. Linux, Python 3.10 or newer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

venv="$(cache_folder)/vllm-test"
install_venv "$here/vllm/requirements.txt" "$venv" "vLLM (about 7 GB with what it needs)" --no-deps
echo "python=$venv/bin/python"
echo "model=$("$here/hub_model.sh" "$venv/bin/python")"
