#!/usr/bin/env bash
# Lets real MCP clients do what actions.json lists, each with a gateway of its own that serves
# fixtures/. Prints a table; fails if any action fails. With arguments, only the clients of those
# names:
#
#   e2e/clients/run.sh [CLIENT]...
#
# ACTIONS=all adds the actions that are not done by default. GATEWAY_BIN names a gateway that is
# built already, with an example-backend beside it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

CLIENTS_AT_ONCE=4
SECONDS_TO_START=30

# Every client, in the order of the table, the slowest first; one.sh knows how each is run.
ALL_CLIENTS=(
    inspector-auto
    ts-1.10 ts-1.12 ts-1.20 ts-1.32 ts-2-legacy ts-2-auto ts-2-2026-07-28
    py-1.8 py-1.9 py-1.10 py-1.30 py-2-legacy py-2-auto fastmcp-legacy fastmcp-auto
)

fail() {
    printf 'clients: %s\n' "$*" >&2
    exit 1
}

clients=("$@")
if [ ${#clients[@]} -eq 0 ]; then
    clients=("${ALL_CLIENTS[@]}")
fi
for client in "${clients[@]}"; do
    [[ " ${ALL_CLIENTS[*]} " == *" $client "* ]] ||
        fail "there is no client \`$client\`; there are ${ALL_CLIENTS[*]}"
done
MCP_ACTIONS=$("$here/matrix.py" --actions)

install_npm_clients() {
    local installed=$here/node_modules/.installed
    if cmp -s "$here/package-lock.json" "$installed"; then
        return
    fi
    (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$here/package-lock.json" "$installed"
}

# Python environments are named after their requirements.
install_python_clients() {
    local requirements name environment
    for requirements in "$here"/requirements/*.txt; do
        name=$(basename "$requirements" .txt)
        environment=$here/.venv/$name
        if cmp -s "$requirements" "$environment/installed.txt"; then
            continue
        fi
        rm -rf "$environment"
        python3 -m venv "$environment"
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --requirement "$requirements"
        cp "$requirements" "$environment/installed.txt"
    done
}

work=$(mktemp -d)
running=()
backends=()
stop() {
    trap - EXIT
    local process
    # Clients and their gateways go first, so that no call is left without its backend.
    for process in "${running[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
    done
    for process in "${running[@]}"; do
        wait "$process" 2>/dev/null || true
    done
    for process in "${backends[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the command from $3 on and waits until it serves at the address $2.
start_backend() {
    local name=$1 address=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 </dev/null &
    backends+=("$!")
    for ((tenths = 0; tenths < SECONDS_TO_START * 10; tenths++)); do
        kill -0 "$!" 2>/dev/null || break
        curl --silent --fail --max-time 1 --output /dev/null "http://$address/healthz" && return
        sleep 0.1
    done
    cat "$work/$name.log" >&2
    fail "$name did not get ready; its output is above"
}

run_client() {
    printf 'clients: %s\n' "$1" >&2
    mkdir "$work/$1"
    "$here/one.sh" "$1" "$work/$1" &
    running+=("$!")
}

# Waits until fewer than $1 clients are running.
await_fewer_than() {
    local process still
    while [ ${#running[@]} -ge "$1" ]; do
        # One of them fails: the table shows it, by what was not reported.
        wait -n "${running[@]}" || true
        still=()
        for process in "${running[@]}"; do
            if kill -0 "$process" 2>/dev/null; then
                still+=("$process")
            fi
        done
        running=("${still[@]}")
    done
}

install_npm_clients
install_python_clients
if [ -z "${GATEWAY_BIN:-}" ]; then
    (cd "$root" && cargo build --locked -p gateway -p example-backend)
    GATEWAY_BIN=$target/debug/mcp-gateway
fi

read -r example_port clients_port < <("$here/free_ports.py" 2)
EXAMPLE_BACKEND=127.0.0.1:$example_port CLIENTS_BACKEND=127.0.0.1:$clients_port
start_backend example-backend "$EXAMPLE_BACKEND" \
    "$(dirname "$GATEWAY_BIN")/example-backend" --listen "$EXAMPLE_BACKEND"
start_backend clients-backend "$CLIENTS_BACKEND" node "$here/backend.mjs" "$clients_port"

export GATEWAY_BIN EXAMPLE_BACKEND CLIENTS_BACKEND MCP_ACTIONS PYTHONDONTWRITEBYTECODE=1
for client in "${clients[@]}"; do
    await_fewer_than "$CLIENTS_AT_ONCE"
    run_client "$client"
done
await_fewer_than 1

cat "$work"/*/report.jsonl >"$work/report.jsonl"
status=0
"$here/matrix.py" "$work/report.jsonl" "${clients[@]}" || status=$?
if [ "$status" -ne 0 ]; then
    for client in "${clients[@]}"; do
        "$here/matrix.py" "$work/$client/report.jsonl" "$client" >/dev/null 2>&1 && continue
        for log in "$work/$client"/*.log; do
            if [ -s "$log" ]; then
                printf '\n--- last lines of %s\n' "${log#"$work"/}" >&2
                tail -n 40 "$log" >&2
            fi
        done
    done
fi
[ "$status" -eq 0 ]
