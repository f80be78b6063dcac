#!/usr/bin/env bash
# The dockerds: the plain one (default bridge, iptables), the one behind TLS, and throw-away ones.
# Sourced by test-engines.sh; uses process.sh, common.sh and $root.
#
# None of them may run with `--bridge none` in the host's network namespace: dockerd then deletes
# docker0, whoever made it (removeDefaultBridgeInterface in moby's daemon_unix.go).

# run_dockerd DIR ANSWERS ARGUMENTS...: start a dockerd whose whole life is below DIR and wait until
# the command ANSWERS succeeds. overlay2 is tried first; where the kernel refuses it (containers in
# containers, some sandboxes), vfs. The choice is kept for the next start of the same DIR.
# `under` may name a command that execs the dockerd.
run_dockerd() {
    local dir=$1 answers=$2 driver
    shift 2
    mkdir -p "$dir"
    # A config of its own keeps /etc/docker/daemon.json out.
    echo '{}' >"$dir/daemon.json"
    for driver in $(cat "$dir/driver" 2>/dev/null || echo overlay2 vfs); do
        clear_the_way "$dir"
        # shellcheck disable=SC2086 # `under` is a command and its options
        launch "$dir/dockerd.log" ${under:-} dockerd --config-file "$dir/daemon.json" --log-level warn \
            --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/dockerd.pid" \
            --storage-driver "$driver" --shutdown-timeout 10 "$@"
        if wait_until 90 answers_or_dead "$launched" "$answers" && "$answers"; then
            echo "$driver" >"$dir/driver"
            return
        fi
        end_processes "$dir"
    done
    tail -n 30 "$dir/dockerd.log" >&2
    die "dockerd does not start in $dir"
}

# clear_the_way DIR: a dockerd that was killed leaves pid files behind, and takes any process of that
# number for its own, even the zombie of the containerd that died with it.
clear_the_way() {
    end_daemons "$1"
    rm -f "$1/dockerd.pid" "$1/exec/containerd/containerd.pid"
}

# A daemon that has died will not answer any more: no use waiting out the deadline.
answers_or_dead() {
    is_gone "$1" || "$2"
}

# ask COMMAND...: a docker client that cannot hang for ever. A dead engine refuses at once; only a machine
# under load takes long, and must not be taken for a dead one.
ask() {
    timeout 60 docker "$@" >/dev/null 2>&1
}

# -- plain ------------------------------------------------------------------------------------------

plain_address() {
    echo "unix://$root/docker/docker.sock"
}

plain() {
    timeout 120 docker --host "$(plain_address)" "$@"
}

plain_answers() {
    ask --host "$(plain_address)" version
}

start_plain_dockerd() {
    mkdir -p "$root/docker"
    # Remembered, so that `down` removes the default bridge only if it is ours.
    ip link show docker0 >/dev/null 2>&1 || touch "$root/docker/made-docker0"
    run_plain_dockerd
}

run_plain_dockerd() {
    run_dockerd "$root/docker" plain_answers --host "$(plain_address)"
}

stop_plain_dockerd() {
    remove_all_of "$root/docker" plain
    end_processes "$root/docker"
    [ ! -e "$root/docker/made-docker0" ] || ip link delete docker0 2>/dev/null || true
}

# remove_all_of DIR CLIENT: let the engine itself take its containers and networks down (CLIENT: plain
# or tls). One that was killed is started again for it: nobody else knows which bridges, firewall rules
# and cgroups are its own. What it cannot do, `end_everything_below` does by force: no failure is fatal.
remove_all_of() {
    local dir=$1 client=$2 containers
    [ -d "$dir/data" ] || return 0
    "${client}_answers" || ("run_${client}_dockerd") >/dev/null 2>&1 || return 0
    containers=$("$client" ps --all --quiet 2>/dev/null) || return 0
    # shellcheck disable=SC2086 # one argument per container
    [ -z "$containers" ] || "$client" rm --force --volumes $containers >/dev/null 2>&1 || true
    "$client" network prune --force >/dev/null 2>&1 || true
}

# -- behind TLS -------------------------------------------------------------------------------------

tls_address() {
    echo "tcp://127.0.0.1:$(cat "$root/tls/port" 2>/dev/null || echo 0)"
}

tls() {
    local certs=$root/tls/client
    timeout 120 docker --host "$(tls_address)" --tlsverify --tlscacert "$certs/ca.pem" --tlscert "$certs/cert.pem" --tlskey "$certs/key.pem" "$@"
}

tls_answers() {
    local certs=$root/tls/client
    ask --host "$(tls_address)" --tlsverify --tlscacert "$certs/ca.pem" --tlscert "$certs/cert.pem" --tlskey "$certs/key.pem" version
}

tls_bridge=longshore-tls

start_tls_dockerd() {
    free_port >"$root/tls/port"
    # 198.18.0.0/15 is set aside for tests of network devices (RFC 2544): nobody routes it.
    ip link add "$tls_bridge" type bridge
    ip address add 198.18.77.1/24 dev "$tls_bridge"
    run_tls_dockerd
}

run_tls_dockerd() {
    local certs=$root/tls/server
    run_dockerd "$root/docker-tls" tls_answers --host "$(tls_address)" --bridge "$tls_bridge" --iptables=false \
        --tlsverify --tlscacert "$certs/ca.pem" --tlscert "$certs/cert.pem" --tlskey "$certs/key.pem"
}

stop_tls_dockerd() {
    remove_all_of "$root/docker-tls" tls
    end_processes "$root/docker-tls"
    ip link delete "$tls_bridge" 2>/dev/null || true
}

# -- throw-away -------------------------------------------------------------------------------------

# start_scratch DIR: may be called again after a test has killed the dockerd of DIR with SIGKILL.
start_scratch() {
    scratch_address="unix://$1/docker.sock"
    if scratch_answers; then return; fi
    # Without a bridge, and so in a network namespace of its own (see above). unshare becomes dockerd.
    under="unshare --net" run_dockerd "$1" scratch_answers --host "$scratch_address" --bridge none --iptables=false
    if ! ask --host "$scratch_address" image inspect "$image:1"; then
        busybox_tar | docker --host "$scratch_address" "${import_busybox[@]}" >/dev/null
    fi
}

scratch_answers() {
    ask --host "$scratch_address" version
}

stop_scratch() {
    [ -d "$1" ] || return 0
    [ -e "$1/dockerd.log" ] || die "$1 was not made by: $0 scratch"
    end_everything_below "$1"
}
