#!/usr/bin/env bash
# Measures the cache on this machine, in about 10 minutes on 2 quiet cores, and writes the figures
# into docs/guides/kv-cache-validation-results.md; --help explains.
set -euo pipefail
exec python3 "$(dirname "$0")/validate_kv_cache.py" "$@"
