#!/usr/bin/env bash
# Measures docker, runc and the engine aboard side by side, in one run, and prints a table in Markdown: medians, with
# the least and the most.
#
#   compare-engines.sh LONGSHORE [ROUNDS]      the program to measure, and how often each (15)
#
# What is compared takes turns, so that a busy moment of the host meets all alike. Needs root, and the engines of
# test-engines.sh, which it starts if they do not run. All that it makes is taken away again.
set -euo pipefail
longshore=$(realpath "${1:?the longshore program to measure}")
rounds=${2:-15}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/common.sh

scripts/test-engines.sh env >/dev/null 2>&1 || {
    trap 'scripts/test-engines.sh down' EXIT
    scripts/test-engines.sh up
}
eval "$(scripts/test-engines.sh env)"
work=$(mktemp -d)
busybox=longshore/busybox:1
layered=$LONGSHORE_TEST_REGISTRY/longshore/compared:1
large=$LONGSHORE_TEST_REGISTRY/longshore/compared-large
# Each large image is pulled once by each engine: what was just removed makes the next unpacking slower on ext4.
large_rounds=3
docker() { command docker --host "$LONGSHORE_TEST_DOCKER" "$@"; }
aboard() { "$longshore" --embedded --data-root "$work/data" "$@"; }

clean_up() {
    local id
    for id in $(docker ps -aq --filter name=compared-); do docker rm -f "$id" >/dev/null; done
    for id in "$layered" $(seq -f "$large:%g" $large_rounds); do docker rmi -f "$id" >/dev/null 2>&1 || true; done
    if [ -d "$work/data" ]; then
        for id in one idle{0..9}; do aboard rm -f "compared-$id" >/dev/null 2>&1 || true; done
        remove_network
    fi
    rm -rf "$work"
}

# The engine's own bridge and table stay for the next start, and nobody will start on this data root again.
remove_network() {
    local table bridge
    table=longshore-$(printf %s "$work/data" | sha256sum | cut -c1-8)
    for bridge in $(ip -o link show type bridge | grep -F "alias $table network" | cut -d' ' -f2 | tr -d :); do
        ip link delete "$bridge"
    done
    nft delete table inet "$table" 2>/dev/null || true
}
previous=$(trap -p EXIT | sed "s/^trap -- '\(.*\)' EXIT$/\1/")
trap "clean_up; ${previous:-true}" EXIT

# clock NAME COMMAND...: its milliseconds, as one more line of that measurement.
clock() {
    local name=$1 begun=${EPOCHREALTIME/./}
    shift
    "$@" >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; die "$* has failed"; }
    echo "$(((${EPOCHREALTIME/./} - begun) / 100))" >>"$work/$name"
}

# three NAME: the median, the least and the most of a measurement in tenths of a millisecond.
three() {
    [ -e "$work/$1" ] || { printf -- '—'; return; }
    sort -n "$work/$1" | awk '{ all[NR] = $1 / 10 } END {
        printf "%.1f ms (%.1f–%.1f)", all[int((NR + 1) / 2)], all[1], all[NR] }'
}

# ratio NAME: the engine aboard's median to docker's.
ratio() {
    [ -e "$work/$1.docker" ] || { printf -- '—'; return; }
    local median='{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
    awk -v ours="$(sort -n "$work/$1.aboard" | awk "$median")" -v theirs="$(sort -n "$work/$1.docker" | awk "$median")" \
        'BEGIN { printf "%.2f ×", ours / theirs }'
}

row() { printf '| %s | %s | %s | %s | %s |\n' "$2" "$(three "$1.docker")" "$(three "$1.runc")" "$(three "$1.aboard")" "$(ratio "$1")"; }

# pss PATTERN: kB of memory that processes with such a command line have, those shared by several in equal parts.
pss() {
    local pid sum=0 count=0 kb
    for pid in $(pgrep -f "$1"); do
        kb=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null) || continue
        sum=$((sum + ${kb:-0})) count=$((count + 1))
    done
    echo "$sum $count"
}

# An image of three layers whose upper two hold 8 MiB each that cannot be packed.
make_layered() {
    local from=$busybox n
    for n in 1 2; do
        docker run --name compared-layer "$from" sh -c "dd if=/dev/urandom of=/noise$n bs=1M count=8 2>/dev/null"
        docker commit compared-layer "$layered" >/dev/null
        docker rm compared-layer >/dev/null
        from=$layered
    done
    docker push -q "$layered" >/dev/null
}

# Images of five layers, 90 MiB each, of this host's own programs and documents; no two have a layer in common.
make_large() {
    local context=$work/large layer round
    mkdir "$context"
    find /usr -xdev -type f -size -4M -printf '%s %p\n' | sort -k2 |
        awk -v to="$context" '{ sum += $1; layer = int(sum / 94371840) } layer > 4 { next }
            { sub(/^[0-9]+ /, ""); print > (to "/files" layer) }'
    for layer in 0 1 2 3 4; do
        tar -C / -cf "$context/layer$layer.tar" --transform "s,^,$layer/," --files-from "$context/files$layer" 2>/dev/null
    done
    for ((round = 1; round <= large_rounds; round++)); do
        echo "$round" >"$context/round"
        {
            echo 'FROM scratch'
            for layer in 0 1 2 3 4; do
                tar -C "$context" -rf "$context/layer$layer.tar" --transform "s,^,$layer/," round
                echo "ADD layer$layer.tar /"
            done
            echo 'CMD ["true"]'
        } >"$context/Dockerfile"
        docker build -q -t "$large:$round" "$context" >/dev/null
        docker push -q "$large:$round" >/dev/null
        docker rmi -f "$large:$round" >/dev/null
    done
    rm -r "$context"
}

make_bundle() {
    mkdir -p "$work/bundle/rootfs"
    docker create --name compared-bundle "$busybox" >/dev/null
    docker export compared-bundle | tar -C "$work/bundle/rootfs" -xf -
    docker rm compared-bundle >/dev/null
    (cd "$work/bundle" && runc spec && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"true"/' config.json)
}

make_layered
make_large
aboard pull "$LONGSHORE_TEST_REGISTRY/$busybox" >/dev/null 2>&1
aboard tag "$LONGSHORE_TEST_REGISTRY/$busybox" "$busybox"
has_runc=$(command -v runc || true)
[ -z "$has_runc" ] || make_bundle

for ((round = 0; round < rounds; round++)); do
    clock run.docker docker run --rm "$busybox" true
    [ -z "$has_runc" ] || clock run.runc runc run --bundle "$work/bundle" compared-run
    clock run.aboard aboard run --rm "$busybox" true
    clock port.docker docker run --rm -p 127.0.0.1::80 "$busybox" true
    clock port.aboard aboard run --rm -p 127.0.0.1::80 "$busybox" true
    clock start.docker docker run -d --name compared-one "$busybox" sleep 600
    clock start.aboard aboard run -d --name compared-one "$busybox" sleep 600
    clock publish.aboard aboard publish compared-one 127.0.0.1:18099:80
    clock unpublish.aboard aboard unpublish compared-one 80
    clock stop.docker docker stop -t 0 compared-one
    clock stop.aboard aboard stop -t 0 compared-one
    docker rm compared-one >/dev/null && aboard rm compared-one >/dev/null
    docker rmi -f "$layered" >/dev/null
    clock pull.docker docker pull "$layered"
    clock pull.aboard aboard pull "$layered"
    aboard rmi "$layered" >/dev/null
done

for ((round = 1; round <= large_rounds; round++)); do
    clock large.docker docker pull "$large:$round"
    clock large.aboard aboard pull "$large:$round"
done

shim='containerd-shim-runc-v2 -namespace moby' monitor='^longshore monitor wait'
read -r shims_before shims <<<"$(pss "$shim")"
read -r monitors_before monitors <<<"$(pss "$monitor")"
for ((one = 0; one < 10; one++)); do
    docker run -d --name "compared-idle$one" "$busybox" sleep 600 >/dev/null
    aboard run -d --name "compared-idle$one" "$busybox" sleep 600 >/dev/null
done
read -r shims_after all_shims <<<"$(pss "$shim")"
read -r monitors_after all_monitors <<<"$(pss "$monitor")"
for ((round = 0; round < rounds; round++)); do
    clock ps.docker docker ps
    clock ps.aboard aboard ps
done

echo "$(docker version --format 'Docker {{.Server.Version}}')${has_runc:+, $(runc --version | head -1)}, $("$longshore" --version);" \
    "Linux $(uname -r), $(nproc) processors, $rounds rounds"
echo
echo "| what | docker | runc | engine aboard | aboard / docker |"
echo "|---|---|---|---|---|"
row run 'run `true` to its end and clean up'
row port 'the same with a published port'
row start 'start one and leave it alone'
row publish 'publish one more port of it'
row unpublish 'end that'
row stop 'stop it at once'
row pull 'pull an image of three layers, two of them new, 16 MiB'
row large 'pull one of 450 MiB in five layers, all of them new'
row ps '`ps` with ten containers'
per() { echo $((($2 - $1) / ($4 - $3))); }
docker_kb=$(per "$shims_before" "$shims_after" "$shims" "$all_shims")
aboard_kb=$(per "$monitors_before" "$monitors_after" "$monitors" "$all_monitors")
printf '| memory beside each of ten (PSS) | %s kB | — | %s kB | %s |\n' "$docker_kb" "$aboard_kb" \
    "$(awk -v a="$aboard_kb" -v d="$docker_kb" 'BEGIN { printf "%.2f ×", a / d }')"
