#!/usr/bin/env bash
# Measures the released console from outside, in a pseudo terminal of 200x50, and prints a table in Markdown.
#
#   bench.sh [PEER]...      longshore, and other consoles beside it: programs that need no argument, such as oxker
#
# Scenes: 20 and 100 real containers on a dockerd of its own, 1,000 and 10,000 on a fake engine. SCENES names
# some of them ("real20 fake1k"), RUNS the runs of each (3), IDLE the seconds of a quiet look (20), OUT where the
# measurements go. The tools are not part of the project: TTYBENCH, FAKE_ENGINE and ENGINE_LOAD name them. Needs
# python3 with pyte, docker, root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=../shared/tools
export TTYBENCH=${TTYBENCH:-$tools/ttybench.py} FAKE_ENGINE=${FAKE_ENGINE:-$tools/fake_engine.py}
export ENGINE_LOAD=${ENGINE_LOAD:-$tools/engine_load.sh} RUNS=${RUNS:-3} OUT=${OUT:-target/bench}
engine=/run/longshore-bench fake=/run/longshore-bench-fake.sock
longshore=${LONGSHORE:-${CARGO_TARGET_DIR:-target}/release/longshore}

[ -x "$longshore" ] || cargo build --release --locked
mkdir -p "$OUT/state"
export LONGSHORE_CONFIG_DIR=$PWD/$OUT/config LONGSHORE_STATE_DIR=$PWD/$OUT/state

clean_up() {
    if [ -n "${fake_pid:-}" ]; then kill "$fake_pid" 2>/dev/null || true; fi
    if [ -e "$engine/dockerd.log" ]; then scripts/test-engines.sh scratch-down "$engine"; fi
}
trap clean_up EXIT

# scene NAME SOCKET PROGRAM...: everything about one engine.
scene() {
    local name=$1 socket=$2
    shift 2
    export DOCKER_HOST=unix://$socket
    python3 scripts/bench/measure.py "$name" "$socket" "$longshore" "$@"
}

real() {
    scripts/test-engines.sh scratch "$engine"
    DOCKER_SOCK=$engine/docker.sock "$ENGINE_LOAD" up "$1" 1 >/dev/null
    ENGINE_PID=$(cat "$engine/dockerd.pid")
    export ENGINE_PID
    scene "real$1" "$engine/docker.sock" "${@:2}"
}

fake() {
    python3 "$FAKE_ENGINE" --sock "$fake" -n "$2" &
    fake_pid=$!
    export ENGINE_PID=$fake_pid
    until [ -S "$fake" ]; do sleep 0.1; done
    scene "$1" "$fake" "${@:3}"
    kill "$fake_pid"
    wait "$fake_pid" 2>/dev/null || true
    fake_pid=
    rm -f "$fake"
}

for wanted in ${SCENES:-real20 real100 fake1k fake10k}; do
    case $wanted in
    real20) real 20 "$@" ;;
    real100) real 100 "$@" ;;
    fake1k) fake fake1k 1000 "$@" ;;
    fake10k) fake fake10k 10000 "$@" ;;
    *) echo "no such scene: $wanted" >&2 && exit 2 ;;
    esac
done
python3 scripts/bench/table.py "$OUT"
