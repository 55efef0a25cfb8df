#!/usr/bin/env bash
# Compares the same search called directly, through nginx, and as a tool through the gateway in both
# eras, in turns, and prints one table. All of it shares this machine's cores, so only the ratios
# count, and only those of one run.
#
#   ROUNDS, SECONDS_PER_RUN, CONNECTIONS   how often, how long, and at how many connections
#   SUBJECTS         which of: direct nginx modern legacy (and modern-b legacy-b)
#   GATEWAY_BIN      a gateway to measure instead of building one
#   GATEWAY_BIN_B    a second one to compare it with
#   BACKEND_BIN      a backend to call instead of building one
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
suite=bench
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$here/../lib.sh"
export PATH="$PATH:/usr/sbin"

subjects=(direct nginx modern legacy)
default_seconds=3
if [ -n "${GATEWAY_BIN_B-}" ]; then
    subjects+=(modern-b legacy-b)
    # More subjects in the same three minutes.
    default_seconds=2
fi
read -ra subjects <<<"${SUBJECTS-${subjects[*]}}"
read -ra connections <<<"${CONNECTIONS-16 64}"
rounds=${ROUNDS-5}
seconds=${SECONDS_PER_RUN-$default_seconds}

SEARCH='{"query":"kubernetes","limit":3}'
MODERN='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"search","arguments":'$SEARCH'}}'
LEGACY='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":'$SEARCH'}}'
ACCEPT='Accept: application/json, text/event-stream'

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Starts $4... as the process of subject $1, listening on port $2 and ready when port $3 is open.
declare -A process port
start() {
    local name=$1 log=$work/$1.log open=$3
    port[$name]=$2
    shift 3
    "$@" >"$log" 2>&1 </dev/null &
    process[$name]=$!
    processes+=("$!")
    for ((tenths = 0; tenths < SECONDS_TO_START * 10; tenths++)); do
        if ! kill -0 "${process[$name]}" 2>/dev/null; then
            cat "$log" >&2
            fail "$name ended before it was ready; its output is above"
        fi
        listens "$open" && return
        sleep 0.1
    done
    cat "$log" >&2
    fail "$name was not ready within $SECONDS_TO_START s; its output is above"
}

start_gateway() {
    local name=$1 binary=$2 gateway_port admin_port
    read -r gateway_port admin_port < <(free_ports 2)
    start "$name" "$gateway_port" "$gateway_port" "$binary" dev -f "$here/fixtures" \
        --listen "127.0.0.1:$gateway_port" --admin-listen "127.0.0.1:$admin_port" \
        --resolve "backend-svc:8080=127.0.0.1:${port[backend]}"
}

# Sets url, body_file, headers and serving (the name of the process) for a subject.
describe() {
    local body
    headers=("$ACCEPT")
    case "$1" in
        direct) serving=backend ;;
        nginx) serving=nginx ;;
        *-b) serving=gateway-b ;;
        *) serving=gateway ;;
    esac
    url=http://127.0.0.1:${port[$serving]}/mcp
    case "$1" in
        direct | nginx)
            url=http://127.0.0.1:${port[$serving]}/api/search
            body=$SEARCH
            ;;
        modern | modern-b)
            headers+=('MCP-Protocol-Version: 2026-07-28' 'Mcp-Method: tools/call' 'Mcp-Name: search')
            body=$MODERN
            ;;
        legacy | legacy-b)
            headers+=('MCP-Protocol-Version: 2025-11-25')
            body=$LEGACY
            ;;
        *) fail "there is no subject \`$1\`" ;;
    esac
    body_file=$work/$1.json
    printf '%s' "$body" >"$body_file"
}

# One answer has to hold what was searched for, or what is measured is something else.
check_answer() {
    local arguments=() header answer
    describe "$1"
    for header in "${headers[@]}"; do
        arguments+=(-H "$header")
    done
    answer=$(curl --silent --show-error --fail-with-body --max-time 10 "${arguments[@]}" \
        -H 'Content-Type: application/json' --data-binary "@$body_file" "$url") ||
        fail "$1 does not answer: $answer"
    if [[ $answer != *kubernetes/minikube* || $answer == *'"isError":true'* ]]; then
        fail "$1 answers something else: $answer"
    fi
}

# CPU time of a process and its children in microseconds; nginx works in its children.
cpu_of() {
    local ticks=0 one user system
    for one in "$1" $(cat "/proc/$1/task/$1/children"); do
        # The name in field 2 may hold spaces; what follows it does not.
        read -r _ _ _ _ _ _ _ _ _ _ _ user system _ < <(sed 's/^.*) //' "/proc/$one/stat")
        ticks=$((ticks + user + system))
    done
    printf '%d\n' "$((ticks * 1000000 / $(getconf CLK_TCK)))"
}

# run SUBJECT CONNECTIONS SECONDS prints what wrk counted, with the CPU time that it cost.
run() {
    local before after output counted
    describe "$1"
    before=$(cpu_of "${process[$serving]}")
    output=$(wrk -t1 -c"$2" -d"$3s" -s "$here/call.lua" "$url" -- "$body_file" "${headers[@]}") ||
        fail "wrk failed on $1: $output"
    after=$(cpu_of "${process[$serving]}")
    counted=$(sed -n 's/^COUNTED //p' <<<"$output")
    [[ $counted == *'"errors":0}' ]] || fail "$1 at $2 connections had errors: $output"
    printf '{"subject":"%s","connections":%d,"cpu_us":%d,%s\n' \
        "$1" "$2" "$((after - before))" "${counted#\{}"
}

"$root/.ci/need" wrk nginx curl python3
build=()
[ -n "${BACKEND_BIN-}" ] || build+=(-p example-backend)
[ -n "${GATEWAY_BIN-}" ] || [[ " ${subjects[*]} " != *' modern '* && " ${subjects[*]} " != *' legacy '* ]] ||
    build+=(-p gateway)
if [ ${#build[@]} -gt 0 ]; then
    (cd "$root" && cargo build --release --locked "${build[@]}")
fi

read -r backend_port nginx_port < <(free_ports 2)
start backend "$backend_port" "$backend_port" \
    "${BACKEND_BIN-$target/release/example-backend}" --listen "127.0.0.1:$backend_port"
for subject in "${subjects[@]}"; do
    case "$subject" in
        direct) ;;
        nginx)
            sed -e "s|WORK|$work|; s|BACKEND_PORT|$backend_port|; s|PORT|$nginx_port|" \
                "$here/nginx.conf" >"$work/nginx.conf"
            start nginx "$nginx_port" "$nginx_port" nginx -p "$work" -e stderr -c "$work/nginx.conf"
            ;;
        modern | legacy)
            [ -n "${process[gateway]-}" ] ||
                start_gateway gateway "${GATEWAY_BIN-$target/release/mcp-gateway}"
            ;;
        modern-b | legacy-b)
            [ -n "${process[gateway-b]-}" ] ||
                start_gateway gateway-b "${GATEWAY_BIN_B:?names no second gateway}"
            ;;
        *) fail "there is no subject \`$subject\`" ;;
    esac
done

for subject in "${subjects[@]}"; do
    check_answer "$subject"
    for count in "${connections[@]}"; do
        run "$subject" "$count" 1 >/dev/null
    done
done
for ((round = 1; round <= rounds; round++)); do
    printf 'bench: round %d of %d\n' "$round" "$rounds" >&2
    for count in "${connections[@]}"; do
        for subject in "${subjects[@]}"; do
            run "$subject" "$count" "$seconds" | sed "s/}\$/,\"round\":$round}/" >>"$work/runs.jsonl"
        done
    done
done
for subject in "${subjects[@]}"; do
    check_answer "$subject"
done
"$here/report.py" "$work/runs.jsonl"
