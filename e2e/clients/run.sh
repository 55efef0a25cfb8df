#!/usr/bin/env bash
# Builds the gateway and the example backend, serves fixtures/ with them, and lets real MCP clients
# do what actions.json lists. Prints one table; fails if any action fails. With arguments, only the
# clients of those names:
#
#   e2e/clients/run.sh [CLIENT]...
#
# A client is a script that gets its own name as its first argument and MCP_URL and MCP_CONFIG_DIR
# in its environment, and prints one line of JSON for each action.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

SECONDS_TO_START=30
SECONDS_PER_CLIENT=120
SECONDS_TO_STOP=15
BACKEND_SERVICE=backend-svc:8080

fail() {
    printf 'clients: %s\n' "$*" >&2
    exit 1
}

# Every client, in the order of the table. Python environments are named after their requirements.
ALL_CLIENTS=(ts-2-legacy ts-2-auto ts-2-2026-07-28 py-1)
# Becomes the client, so call it in a process of its own.
run_client() {
    case "$1" in
        ts-2-legacy) exec node "$here/typescript/client_2.mjs" "$1" legacy ;;
        ts-2-auto) exec node "$here/typescript/client_2.mjs" "$1" auto ;;
        ts-2-2026-07-28) exec node "$here/typescript/client_2.mjs" "$1" 2026-07-28 ;;
        py-1) exec "$here/.venv/mcp-1/bin/python" "$here/python/mcp_1.py" "$1" ;;
        *) fail "there is no client \`$1\`; there are ${ALL_CLIENTS[*]}" ;;
    esac
}

clients=("$@")
if [ ${#clients[@]} -eq 0 ]; then
    clients=("${ALL_CLIENTS[@]}")
fi
for client in "${clients[@]}"; do
    [[ " ${ALL_CLIENTS[*]} " == *" $client "* ]] ||
        fail "there is no client \`$client\`; there are ${ALL_CLIENTS[*]}"
done

install_npm_clients() {
    local installed=$here/node_modules/.installed
    if cmp -s "$here/package-lock.json" "$installed"; then
        return
    fi
    (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$here/package-lock.json" "$installed"
}

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

# Waits until process $1 has ended, for at most $2 seconds.
has_ended() {
    for ((waited = 0; waited < $2 * 10; waited++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

work=$(mktemp -d)
processes=()
stop() {
    trap - EXIT
    # The last one started goes first: the gateway finishes its calls while the backend still is.
    for ((index = ${#processes[@]} - 1; index >= 0; index--)); do
        kill -TERM "${processes[index]}" 2>/dev/null || continue
        has_ended "${processes[index]}" "$SECONDS_TO_STOP" || kill -KILL "${processes[index]}"
    done
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_ports() {
    python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(open_socket.getsockname()[1] for open_socket in sockets))
PYTHON
}

# Waits until the command from $4 on succeeds, as long as process $2 lives; $3 is its log.
await() {
    local name=$1 process=$2 log=$3
    shift 3
    for ((tenths = 0; tenths < SECONDS_TO_START * 10; tenths++)); do
        if ! kill -0 "$process" 2>/dev/null; then
            cat "$log" >&2
            fail "the $name ended before it was ready; its output is above"
        fi
        "$@" && return
        sleep 0.1
    done
    cat "$log" >&2
    fail "the $name was not ready within $SECONDS_TO_START s; its output is above"
}

answers() {
    curl --silent --fail --max-time 1 --output /dev/null "$1"
}

install_npm_clients
install_python_clients
(cd "$root" && cargo build --locked -p gateway -p example-backend)

read -r port admin_port backend_port < <(free_ports 3)

"$target/debug/example-backend" --listen "127.0.0.1:$backend_port" \
    >"$work/backend.log" 2>&1 </dev/null &
processes+=($!)
await 'example backend' "$!" "$work/backend.log" answers "http://127.0.0.1:$backend_port/healthz"

mkdir "$work/config"
cp "$here"/fixtures/*.yaml "$work/config/"
"$target/debug/mcp-gateway" dev -f "$work/config" \
    --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" \
    --resolve "$BACKEND_SERVICE=127.0.0.1:$backend_port" \
    >"$work/gateway.log" 2>&1 </dev/null &
gateway=$!
processes+=("$gateway")
await gateway "$gateway" "$work/gateway.log" answers "http://127.0.0.1:$admin_port/readyz"

export MCP_URL=http://127.0.0.1:$port/mcp MCP_CONFIG_DIR=$work/config
export PYTHONDONTWRITEBYTECODE=1
for client in "${clients[@]}"; do
    printf 'clients: %s\n' "$client" >&2
    run_client "$client" >>"$work/report.jsonl" 2>"$work/$client.log" </dev/null &
    processes+=($!)
    if ! has_ended "$!" "$SECONDS_PER_CLIENT"; then
        printf 'clients: %s took longer than %d s\n' "$client" "$SECONDS_PER_CLIENT" >&2
        kill -TERM "$!" 2>/dev/null || true
    fi
    wait "$!" || printf 'clients: %s ended with status %d\n' "$client" "$?" >&2
    unset 'processes[-1]'
done

kill -0 "$gateway" 2>/dev/null || printf 'clients: the gateway has ended\n' >&2
status=0
"$here/matrix.py" "$work/report.jsonl" "${clients[@]}" || status=$?
if [ "$status" -ne 0 ]; then
    for log in "$work"/*.log; do
        if [ -s "$log" ]; then
            printf '\n--- last lines of %s\n' "$(basename "$log")" >&2
            tail -n 40 "$log" >&2
        fi
    done
fi
[ "$status" -eq 0 ]
