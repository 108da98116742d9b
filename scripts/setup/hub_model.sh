#!/usr/bin/env bash
# hub_model.sh PYTHON: SmolLM2 as a folder in the form of the Hugging Face hub, made once into the
# user's cache folder of the GGUF that models.sh fetches; prints the folder. 10 s and 270 MB.
# PYTHON has the packages gguf, safetensors and tokenizers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

python=$1
source_model=$("$here/models.sh" smollm2)
# What changes the result is in the name.
made_of=$(sha256 <"$here/gguf_to_hf.py" | cut -c1-12)
folder="$(cache_folder)/models/SmolLM2-135M-Instruct-hub-$made_of"
hold_lock "$(cache_folder)/models/hub.lock"
if [ ! -f "$folder/config.json" ]; then
  say "Writing SmolLM2 in the form of the Hugging Face hub (270 MB)"
  make_work_folder "$(cache_folder)/models"
  "$python" "$here/gguf_to_hf.py" "$source_model" "$work/hub" >&2
  replace_folder "$work/hub" "$folder"
fi
echo "$folder"
