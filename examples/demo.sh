#!/usr/bin/env bash
# Builds the gateway and the example backend, starts both on this machine, and serves
# examples/quickstart until ctrl-C. With --once it makes one call by itself and ends.
#
#   PORT, ADMIN_PORT, BACKEND_PORT   where to listen; the next free port when one is taken
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Each process gets a group of its own, so that ctrl-C reaches this script alone, which then ends
# them in order instead of interrupting them a second time.
set -m

EXAMPLES=examples/quickstart
BACKEND_SERVICE=backend-svc:8080
CALL='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"github-search","arguments":{"query":"gateway"}}}'
SECONDS_TO_START=30

fail() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}

once=false
case "${1-}" in
    '') ;;
    --once) once=true ;;
    *) fail "unknown argument \`$1\`: the only one is --once" ;;
esac
command -v cargo >/dev/null || fail "cargo is missing: install Rust as https://rustup.rs says"
command -v curl >/dev/null || fail "curl is missing: apt-get install curl"

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The first port at or after $2 where nothing listens and that is not among the others named.
free_port() {
    local purpose=$1 wanted=$2 port
    shift 2
    for ((port = wanted; port < wanted + 100 && port < 65536; port++)); do
        if [[ " $* " != *" $port "* ]] && ! listens "$port"; then
            if [ "$port" -ne "$wanted" ]; then
                printf 'demo: port %d is taken, using %d for the %s\n' "$wanted" "$port" "$purpose" >&2
            fi
            printf '%d\n' "$port"
            return
        fi
    done
    fail "no free port from $wanted on for the $purpose"
}

processes=()
stop() {
    local process
    trap - EXIT
    # The last one started goes first: the gateway finishes its calls while the backend still is.
    for ((index = ${#processes[@]} - 1; index >= 0; index--)); do
        process=${processes[index]}
        kill -TERM "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

gateway_is_ready() {
    curl --silent --fail --max-time 1 --output /dev/null "http://127.0.0.1:$admin_port/readyz"
}

# Waits until the command from $3 on succeeds, as long as process $2 lives.
await() {
    local name=$1 process=$2
    shift 2
    for ((tenths = 0; tenths < SECONDS_TO_START * 10; tenths++)); do
        kill -0 "$process" 2>/dev/null || fail "the $name ended before it was ready; its reason is above"
        "$@" && return
        sleep 0.1
    done
    fail "the $name was not ready within $SECONDS_TO_START s"
}

cargo build --locked -p gateway -p example-backend
binaries="${CARGO_TARGET_DIR:-target}/debug"

backend_port=$(free_port 'example backend' "${BACKEND_PORT:-8090}")
port=$(free_port 'gateway' "${PORT:-8080}" "$backend_port")
admin_port=$(free_port 'probes and metrics' "${ADMIN_PORT:-9090}" "$backend_port" "$port")

"$binaries/example-backend" --listen "127.0.0.1:$backend_port" </dev/null &
processes+=($!)
await 'example backend' "$!" listens "$backend_port"

"$binaries/mcp-gateway" dev -f "$EXAMPLES" \
    --resolve "$BACKEND_SERVICE=127.0.0.1:$backend_port" \
    --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" </dev/null &
gateway=$!
processes+=("$gateway")
await 'gateway' "$gateway" gateway_is_ready

if $once; then
    printf 'demo: calling tool github-search\n' >&2
    answer=$(curl --silent --show-error --fail-with-body --max-time 30 \
        -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
        -H 'MCP-Protocol-Version: 2025-06-18' -d "$CALL" "http://127.0.0.1:$port/mcp") ||
        fail "the call failed: $answer"
    printf '%s\n' "$answer"
    # An answer is a success only if it has content and is not told to be an error.
    if [[ $answer != *'"content":'* || $answer == *'"isError":true'* ]]; then
        fail 'the call was answered with an error'
    fi
else
    wait "$gateway"
fi
