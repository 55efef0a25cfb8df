#!/usr/bin/env bash
# Serves fixtures/ with the gateway and lets the official conformance suite try it at each protocol
# revision that the suite knows. Prints for each run how many checks passed and failed, and what
# became of the scenarios that a revision does not score. Fails if a scored check fails, or if the
# backend got a request that it should not have got. With arguments, only the scenarios of those
# names, at the wire of one revision and in full:
#
#   e2e/conformance/run.sh [REVISION SCENARIO...]
#
# GATEWAY_BIN names a gateway to try instead of building one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
suite=conformance
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"

BACKEND_SERVICE=backend-svc:8080
node=$here/node_modules/node/bin/node
conformance=("$node" "$here/node_modules/@modelcontextprotocol/conformance/dist/index.js")

install_npm_packages "$here"
if [ -z "${GATEWAY_BIN:-}" ]; then
    (cd "$root" && cargo build --release --locked -p gateway)
    GATEWAY_BIN=$target/release/mcp-gateway
fi

# The backend rewrites files of this folder when a scenario asks for a change.
mkdir "$work/config"
cp "$here"/fixtures/*.yaml "$work/config/"
read -r port admin_port backend_port < <(free_ports 3)

LISTEN=127.0.0.1:$backend_port CONFIG_DIR=$work/config "$node" "$here/backend.mjs" \
    >"$work/backend.log" 2>&1 </dev/null &
processes+=($!)
await backend "$!" "$work/backend.log" answers "http://127.0.0.1:$backend_port/healthz"

"$GATEWAY_BIN" dev -f "$work/config" \
    --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" \
    --resolve "$BACKEND_SERVICE=127.0.0.1:$backend_port" \
    >"$work/gateway.log" 2>&1 </dev/null &
gateway=$!
processes+=("$gateway")
await gateway "$gateway" "$work/gateway.log" answers "http://127.0.0.1:$admin_port/readyz"

# Runs the suite as a process that ends with this script, too.
server_scenarios() {
    local suite_status=0
    "${conformance[@]}" server --url "$url" "$@" </dev/null &
    processes+=($!)
    wait "$!" || suite_status=$?
    unset 'processes[-1]'
    return "$suite_status"
}

# The suite tries some things only on localhost, by that name.
url=http://localhost:$port/mcp

if [ $# -gt 0 ]; then
    revision=$1
    shift
    [ $# -gt 0 ] || fail "name a scenario after the revision; \`list --server\` of the suite has them"
    status=0
    for scenario; do
        server_scenarios --spec-version "$revision" --scenario "$scenario" --verbose || status=1
    done
    exit "$status"
fi

# Runs the suite with the options from $2 on; $1 is the title and the name of the run.
status=0
run() {
    local title=$1 results=$work/results/$1
    shift
    mkdir -p "$results"
    local suite_status=0
    server_scenarios "$@" --output-dir "$results" >"$work/$title.log" 2>&1 || suite_status=$?
    if ! "$here/report.py" "$title" "$results" "$work/$title.log" "$suite_status"; then
        status=1
    fi
}
run 2026-07-28 --requirements 2026-07-28
run 2025-11-25 --requirements 2025-11-25
run 2025-06-18 --spec-version 2025-06-18 --suite all
run 2025-03-26 --spec-version 2025-03-26 --suite all

if ! kill -0 "$gateway" 2>/dev/null; then
    printf 'conformance: the gateway has ended\n' >&2
    status=1
fi
# Whatever fails behind the gateway becomes a tool's result, with which the suite is often content.
if grep '^refused' "$work/backend.log" >&2; then
    printf 'conformance: the gateway sent the backend what it should not have\n' >&2
    status=1
fi
if [ "$status" -ne 0 ]; then
    for log in "$work/backend.log" "$work/gateway.log"; do
        printf '\n--- last lines of %s\n' "$(basename "$log")" >&2
        tail -n 40 "$log" >&2
    done
fi
exit "$status"
