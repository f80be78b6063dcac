#!/usr/bin/env bash
# A small, believable world of containers to look at: projects, health, every state, volumes, networks, ports.
#
#   demo.sh up DIR        start a dockerd below DIR, in a network namespace of its own, and fill it
#   demo.sh up SOCKET     fill the engine that listens at this socket
#   demo.sh enter DIR COMMAND...   run a command in the network namespace of that dockerd
#   demo.sh down DIR|SOCKET        remove it all again
#
# Everything is made of Debian's static busybox; nothing is downloaded. Nothing in it spins: the whole world
# takes a few hundredths of a core. Must be root, as dockerd must.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in lib/common engines/process engines/dockerd engines/images; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH

# shellcheck disable=SC2154 # image and import_busybox come from images.sh
label=longshore.demo
registry=harbour

engine() {
    timeout 120 docker --host "$address" "$@"
}

engine_answers() {
    ask --host "$address" version
}

# -- engine -----------------------------------------------------------------------------------------

# A bridge and firewall rules of its own, out of the way of any other Docker: longshore sees them when it
# is started by `demo.sh enter`.
start_engine() {
    local dir=$1
    install_packages docker.io iptables nftables conntrack busybox-static iproute2 procps
    mkdir -p "$dir"
    if engine_answers; then return; fi
    under="unshare --net" run_dockerd "$dir" engine_answers --host "$address"
    enter "$dir" ip link set lo up
}

enter() {
    local dir=$1
    shift
    nsenter --net --target "$(cat "$dir/dockerd.pid")" "$@"
}

# -- images -----------------------------------------------------------------------------------------

# build TAG: a Dockerfile on stdin; without BuildKit, which an old engine has not.
build() {
    local context
    context=$(mktemp -d)
    cat >"$context/Dockerfile"
    DOCKER_BUILDKIT=0 engine build --quiet --network none --label "$label=1" --tag "$1" "$context" >/dev/null 2>"$context.log" ||
        { cat "$context.log" >&2 && return 1; }
    rm -rf "$context" "$context.log"
}

make_images() {
    local base=$registry/base:12 blob='dd if=/dev/urandom bs=64k 2>/dev/null of'
    ask --host "$address" image inspect "$image:1" || busybox_tar | engine "${import_busybox[@]}" >/dev/null
    build "$base" <<<"FROM $image:1
RUN mkdir -p /srv /var/log /data && echo harbour >/etc/release
RUN $blob=/usr/runtime count=160"
    build "$registry/web:1.4" <<<"FROM $base
RUN echo '<h1>Harbour</h1>' >/srv/index.html
RUN $blob=/srv/assets count=48
EXPOSE 80
CMD [\"httpd\",\"-f\",\"-v\",\"-p\",\"80\",\"-h\",\"/srv\"]"
    build "$registry/web:1.3" <<<"FROM $base
RUN $blob=/srv/assets count=40"
    build "$registry/api:2.1" <<<"FROM $base
RUN $blob=/srv/api count=96
EXPOSE 9000"
    build "$registry/tide:0.9" <<<"FROM $registry/api:2.1
RUN $blob=/srv/tide count=32 && rm /srv/api"
    build "$registry/store:17" <<<"FROM $image:1
RUN mkdir /data && $blob=/usr/store count=320
VOLUME /data"
    engine tag "$registry/web:1.4" "$registry/web:latest"
}

# -- containers -------------------------------------------------------------------------------------

# run PROJECT SERVICE IMAGE:TAG SCRIPT [OPTIONS OF docker run]...
run() {
    local project=$1 service=$2 name=$registry/$3 script=$4 number=1
    shift 4
    if engine container inspect "$project-$service-1" >/dev/null 2>&1; then number=2; fi
    engine run --detach --name "$project-$service-$number" --hostname "$service" --label "$label=1" \
        --label "com.docker.compose.project=$project" --label "com.docker.compose.service=$service" \
        --label "com.docker.compose.container-number=$number" --stop-signal KILL \
        "$@" "$name" sh -c "$script" >/dev/null
}

# A log that lives: a line every SECONDS, coloured as programs colour them, now and then one to stderr.
chatter() {
    local seconds=$1 what=$2
    cat <<END
g=\$(printf '\033[32m'); y=\$(printf '\033[33m'); b=\$(printf '\033[36m'); d=\$(printf '\033[2m'); o=\$(printf '\033[0m'); i=0
while :; do i=\$((i + 1)); ms=\$((i * 7919 % 83 + 2))
  case \$((i % 11)) in
    4) echo "\${y}WARN\${o}  $what slow answer id=\$((i * 31)) took=\$((ms * 9))ms" ;;
    9) echo "ERROR $what peer went away id=\$((i * 31)), trying again" >&2 ;;
    *) echo "\${g}INFO\${o}  $what \${b}GET\${o} /berths/\$((i % 40)) 200 \${d}\${ms}ms\${o}" ;;
  esac
  seq 1 \$((ms * 40)) >/dev/null; sleep $seconds
done
END
}

make_containers() {
    local volume
    for volume in harbour_store harbour_uploads watch_history old_backup; do
        engine volume create --label "$label=1" "$volume" >/dev/null
    done
    engine network create --label "$label=1" --subnet 172.28.0.0/24 harbour_default >/dev/null
    engine network create --label "$label=1" --subnet 172.28.9.0/24 --internal harbour_data >/dev/null
    engine network create --label "$label=1" --subnet 172.29.0.0/24 watch_default >/dev/null

    local harbour="--network harbour_default" watch="--network watch_default"
    local check="--health-interval 10s --health-retries 1 --health-timeout 3s --health-cmd"
    # shellcheck disable=SC2086 # options in variables
    {
        run harbour store store:17 "$(chatter 5 store)" --network harbour_data --volume harbour_store:/data --memory 256m $check true
        run harbour web web:1.4 "httpd -f -p 80 -h /srv & $(chatter 1 web)" $harbour --publish 8080:80 --memory 128m $check true
        run harbour web web:1.4 "httpd -f -p 80 -h /srv & $(chatter 2 web)" $harbour --publish 8081:80 --memory 128m
        run harbour api api:2.1 "$(chatter 1 api)" $harbour --publish 127.0.0.1:9000:9000 --volume harbour_uploads:/data --cpus 0.5 $check true
        engine network connect harbour_data harbour-api-1
        run harbour queue api:2.1 "nc -ll -p 5672 -e cat & $(chatter 3 queue)" $harbour --publish 5672:5672/tcp --publish 5672:5672/udp
        run harbour tide tide:0.9 "$(chatter 2 tide)" $harbour $check 'wget -q -O- http://127.0.0.1:1/'
        run harbour mail web:1.3 "$(chatter 4 mail)" $harbour
        run harbour migrate api:2.1 "echo '14 migrations applied'" $harbour
        run harbour import api:2.1 "echo 'cannot read manifest.csv: no such file' >&2; exit 1" $harbour
        run harbour report api:2.1 "sleep 86400" $harbour
        run watch metrics tide:0.9 "$(chatter 2 metrics)" $watch --publish 9090:9090 --volume watch_history:/data --read-only --tmpfs /tmp $check true
        run watch lamp web:1.3 "$(chatter 5 lamp)" $watch --restart unless-stopped
        run watch beacon tide:0.9 "echo 'no signal on channel 16'; sleep 1; exit 3" $watch --restart on-failure
    }
    engine pause harbour-mail-1 >/dev/null
    engine kill harbour-report-1 >/dev/null
    engine run --detach --name tea-room --label "$label=1" --stop-signal KILL "$image:1" sleep 864000 >/dev/null
    engine create --name spare --label "$label=1" "$registry/web:1.4" >/dev/null
}

# A caller from outside who stays on the line, so that a connection is translated while one looks.
make_caller() {
    setsid nsenter --net --target "$(cat "$1/dockerd.pid")" \
        sh -c 'sleep 7200 | busybox nc 172.28.0.1 5672' </dev/null >/dev/null 2>&1 &
    echo $! >"$1/caller.pid"
}

# -- all of it --------------------------------------------------------------------------------------

up() {
    if [ -n "$dir" ]; then start_engine "$dir"; fi
    [ -z "$(engine ps --all --quiet --filter "label=$label")" ] || return 0
    make_images
    make_containers
    if [ -n "$dir" ]; then make_caller "$dir"; fi
}

down() {
    if [ -n "$dir" ]; then
        [ -e "$dir/dockerd.log" ] || die "$dir was not made by: demo.sh up"
        if [ -f "$dir/caller.pid" ]; then kill -- "-$(cat "$dir/caller.pid")" 2>/dev/null || true; fi
        engine_answers && empty
        end_everything_below "$dir"
    else
        empty
    fi
}

# Only what bears our label.
empty() {
    engine ps --all --quiet --filter "label=$label" | xargs -r docker --host "$address" rm --force --volumes >/dev/null
    engine network ls --quiet --filter "label=$label" | xargs -r docker --host "$address" network rm >/dev/null
    engine volume ls --quiet --filter "label=$label" | xargs -r docker --host "$address" volume rm >/dev/null
    engine images --quiet --filter "label=$label" | sort -u | xargs -r docker --host "$address" rmi --force >/dev/null 2>&1 || true
}

[ $# -ge 2 ] || { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
verb=$1 where=$2
shift 2
dir=
case "$where" in
unix://*) address=$where ;;
*) if [ -S "$where" ]; then address=unix://$where; else dir=$(realpath -m "$where") && address=unix://$dir/docker.sock; fi ;;
esac
case "$verb" in
up) up ;;
down) down ;;
enter) enter "$dir" "$@" ;;
*) die "no such thing to do: $verb" ;;
esac
