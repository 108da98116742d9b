#!/usr/bin/env bash
# Installs the real mlx-lm, as scripts/setup/mlx_lm/requirements.txt pins it, into the user's cache
# folder, makes SmolLM2 into what it loads, and prints where:
#   python=PATH   a Python that has `mlx_lm`
#   model=FOLDER  SmolLM2-135M-Instruct in the form of the Hugging Face hub
#
# On Linux it computes on the CPU, and slowly: it is for tests. About 65 s and 360 MB, the model
# 270 MB more.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

cache=$(cache_folder)
venv="$cache/mlx-lm-test"
install_venv "$here/mlx_lm/requirements.txt" "$venv" "mlx-lm (about 360 MB with what it needs)"
echo "python=$venv/bin/python"
echo "model=$("$here/hub_model.sh" "$venv/bin/python")"
