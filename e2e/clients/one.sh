#!/usr/bin/env bash
# Serves a copy of fixtures/ with a gateway of its own, and lets one client do its actions on it:
#
#   one.sh CLIENT FOLDER
#
# for run.sh, which sets the variables used here. Leaves report.jsonl and the logs in the folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
client=$1 folder=$2

SECONDS_TO_START=30
SECONDS_PER_CLIENT=240
SECONDS_TO_STOP=15

# Becomes the client, so call it in a process of its own. A client is a script that gets its own
# name as its first argument and MCP_URL, MCP_CONFIG_DIR and MCP_ACTIONS in its environment, and
# prints one line of JSON for each action.
become_client() {
    local python=$here/.venv node22=$here/node_modules/node/bin/node
    case "$client" in
        ts-1.10 | ts-1.12 | ts-1.20 | ts-1.32)
            exec node "$here/typescript/client_1.mjs" "$client" "sdk-${client#ts-}" ;;
        ts-2-legacy | ts-2-auto | ts-2-2026-07-28)
            exec node "$here/typescript/client_2.mjs" "$client" "${client#ts-2-}" ;;
        py-1.8 | py-1.9 | py-1.10 | py-1.30)
            exec "$python/mcp-${client#py-}/bin/python" "$here/python/mcp_1.py" "$client" ;;
        py-2-legacy | py-2-auto)
            exec "$python/mcp-2/bin/python" "$here/python/mcp_2.py" "$client" "${client#py-2-}" ;;
        fastmcp-legacy | fastmcp-auto)
            exec "$python/fastmcp-4/bin/python" "$here/python/fastmcp_4.py" \
                "$client" "${client#fastmcp-}" ;;
        inspector-legacy | inspector-auto)
            # It keeps files in the home folder.
            HOME=$folder exec "$node22" "$here/typescript/inspector.mjs" \
                "$client" "${client#inspector-}" ;;
        *)
            printf 'clients: there is no client called %s\n' "$client" >&2
            exit 1 ;;
    esac
}

processes=()
stop() {
    trap - EXIT
    local index process
    for ((index = ${#processes[@]} - 1; index >= 0; index--)); do
        process=${processes[index]}
        kill -TERM "$process" 2>/dev/null || continue
        has_ended "$process" "$SECONDS_TO_STOP" || kill -KILL "$process"
    done
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits until process $1 has ended, for at most $2 seconds.
has_ended() {
    local waited
    for ((waited = 0; waited < $2 * 10; waited++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

await_gateway() {
    local tenths
    for ((tenths = 0; tenths < SECONDS_TO_START * 10; tenths++)); do
        kill -0 "$1" 2>/dev/null || break
        curl --silent --fail --max-time 1 --output /dev/null "$2" && return
        sleep 0.1
    done
    printf 'clients: the gateway for %s did not get ready\n' "$client" >&2
    exit 1
}

mkdir "$folder/config"
cp "$here"/fixtures/*.yaml "$folder/config/"
read -r port admin_port < <("$here/free_ports.py" 2)
"$GATEWAY_BIN" dev -f "$folder/config" \
    --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port" \
    --resolve "backend-svc:8080=$EXAMPLE_BACKEND" --resolve "clients-svc:8080=$CLIENTS_BACKEND" \
    >"$folder/gateway.log" 2>&1 </dev/null &
gateway=$!
processes+=("$gateway")
await_gateway "$gateway" "http://127.0.0.1:$admin_port/readyz"

export MCP_URL=http://127.0.0.1:$port/mcp MCP_CONFIG_DIR=$folder/config
(become_client) >"$folder/report.jsonl" 2>"$folder/client.log" </dev/null &
processes+=("$!")
if ! has_ended "$!" "$SECONDS_PER_CLIENT"; then
    printf 'clients: %s took longer than %d s\n' "$client" "$SECONDS_PER_CLIENT" >&2
    kill -TERM "$!" 2>/dev/null || true
fi
wait "$!" || printf 'clients: %s ended with status %d\n' "$client" "$?" >&2
unset 'processes[-1]'
kill -0 "$gateway" 2>/dev/null || printf 'clients: the gateway for %s has ended\n' "$client" >&2
