#!/usr/bin/env bash
# Runs every `sh` block of README.md, in order, in one shell, as a reader would paste them; fails with the first that
# fails. What the blocks leave behind (a folder, two processes) is removed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

script=$(mktemp)
cleanup() {
    local job
    for job in $(jobs -p); do
        kill -TERM "$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    done
    rm -rf "$script" my-tools
}
trap cleanup EXIT

awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$script"
grep -q 'mcp-gateway dev' "$script" || { echo 'readme: found no commands in README.md' >&2; exit 1; }
output=$(mktemp)
set -x
# shellcheck source=/dev/null
source "$script" >"$output"
set +x
cat "$output"
grep -q '"structuredContent"\|"content"' "$output" || { echo 'readme: the last call has no result' >&2; exit 1; }
echo 'readme: every command worked'
