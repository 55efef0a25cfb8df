# shellcheck shell=bash
# What the scripts of this folder share: processes that end with the script, and waiting for them.
# To be sourced after `set -euo pipefail`, with `suite` set to the name that messages begin with.
# From then on there is a folder `$work`, which goes when the script ends.

SECONDS_TO_START=30
SECONDS_TO_STOP=15

fail() {
    printf '%s: %s\n' "${suite:?}" "$*" >&2
    exit 1
}

# Waits until process $1 has ended, for at most $2 seconds.
has_ended() {
    local tenths
    for ((tenths = 0; tenths < $2 * 10; tenths++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

work=$(mktemp -d)
processes=()
stop() {
    trap - EXIT
    local index
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

# Prints $1 ports that nothing listens on.
free_ports() {
    python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(open_socket.getsockname()[1] for open_socket in sockets))
PYTHON
}

# Waits until the command from $4 on succeeds, as long as process $2 lives; $3 is its log.
await() {
    local name=$1 process=$2 log=$3 tenths
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

# Installs what package-lock.json in folder $1 pins, unless that is what is there.
install_npm_packages() {
    local installed=$1/node_modules/.installed
    if cmp -s "$1/package-lock.json" "$installed"; then
        return
    fi
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$1/package-lock.json" "$installed"
}
