#!/usr/bin/env bash
# Makes layout/console.ld anew: which functions of a released console are put side by side. To be run when the console
# has changed much, or when a new compiler names functions differently; README's figures show whether it is time.
#
#   layout.sh
#
# Runs the console beside 20 containers on a dockerd of its own, at rest and while the selection moves. ENGINE_LOAD
# names the tool that makes them, as for bench.sh. Needs valgrind, python3, docker, root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
engine=/run/longshore-layout load=${ENGINE_LOAD:-../shared/tools/engine_load.sh}
target=${CARGO_TARGET_DIR:-target}/layout
program=$(realpath --canonicalize-missing "$target/release/longshore")
work=$(mktemp -d)

clean_up() {
    scripts/test-engines.sh scratch-down "$engine"
    rm -rf "$work"
}
trap clean_up EXIT

CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --target-dir "$target"
scripts/test-engines.sh scratch "$engine"
DOCKER_SOCK=$engine/docker.sock "$load" up 20 1 >/dev/null
export DOCKER_HOST=unix://$engine/docker.sock LONGSHORE_CONFIG_DIR=$work/config LONGSHORE_STATE_DIR=$work/state
for keys in 0 8; do
    python3 scripts/layout/press.py 25 "$keys" \
        valgrind --quiet --tool=callgrind --instr-atstart=no --dump-instr=yes --compress-pos=no \
        --callgrind-out-file="$work/trace$keys" "$program" --view containers
done
python3 scripts/layout/order.py "$program" "$work"/trace*.1 >"$work/console.ld"
mv "$work/console.ld" layout/console.ld
