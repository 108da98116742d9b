#!/usr/bin/env bash
# Cold against hit: does the prompt cache of a running server work? For MLX-LM, LM Studio, vLLM,
# llama-server, anyclaude and others; --help explains. Ends with 0 if it works, 1 if it does not, 2
# if that cannot be told.
set -euo pipefail
exec python3 "$(dirname "$0")/kv_cache_probe.py" "$@"
