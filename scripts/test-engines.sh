#!/usr/bin/env bash
# Real engines for longshore's tests, on a bare Debian 12, as root, away from any other Docker.
#
#   test-engines.sh up                  a dockerd with images, one behind TLS, one way in by SSH, a registry
#   test-engines.sh down                end all of it, remove what it mounted and wrote
#   test-engines.sh env                 print `export NAME=value` lines for tests/support/engines.rs
#   test-engines.sh scratch DIR         (re)start a throw-away dockerd at unix://DIR/docker.sock
#   test-engines.sh scratch-down DIR    end that dockerd, even a killed one, and remove DIR
#
# All state is below LONGSHORE_TEST_ROOT (default /run/longshore-test). Quiet when it works;
# `up` and `scratch` may be called at any time, also after a crash. Logs: ROOT/*/*.log.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${LONGSHORE_TEST_ROOT:-/run/longshore-test}
for part in lib/common engines/process engines/dockerd engines/images engines/tls engines/ssh engines/registry; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH

packages=(docker.io docker-registry nftables iptables conntrack busybox-static
    openssh-server openssh-client openssl procps iproute2)

up() {
    if is_up; then return; fi
    install_packages "${packages[@]}"
    down
    mkdir -p "$root"

    # Half a set of engines is worse than none; the logs worth seeing are printed by then.
    trap 'echo "test-engines.sh: could not bring the engines up" >&2; down' EXIT
    start_plain_dockerd
    make_certificates
    start_tls_dockerd
    start_sshd
    start_registry
    make_images
    push_images
    # Written last and in one piece: its presence means "complete".
    print_env >"$root/env.new"
    mv "$root/env.new" "$root/env"
    trap - EXIT
}

is_up() {
    [ -f "$root/env" ] && plain_answers && tls_answers && registry_answers && ssh_answers
}

print_env() {
    cat <<END
export LONGSHORE_TEST_DOCKER=$(plain_address)
export LONGSHORE_TEST_TLS_HOST=$(tls_address)
export LONGSHORE_TEST_TLS_DIR=$root/tls/client
export LONGSHORE_TEST_TLS_STRANGER_DIR=$root/tls/stranger
export LONGSHORE_TEST_SSH=$(ssh_address)
export LONGSHORE_TEST_SSH_CONFIG=$root/ssh/ssh_config
export LONGSHORE_TEST_REGISTRY=$(registry_address)
END
}

down() {
    stop_plain_dockerd
    stop_tls_dockerd
    end_everything_below "$root"
}

# Two `up` at once would fight over the same sockets. The lock is outside of what `down` removes,
# and no daemon may inherit it (see `launch`).
locked() {
    exec 9>"$root.lock"
    flock --timeout 600 9 || die "another test-engines.sh has held $root.lock for ten minutes"
    "$@"
}

[ "$(id -u)" = 0 ] || die "must be root: dockerd needs mounts, bridges and firewall rules"
case "$root" in
/*[!/]*) ;;
*) die "LONGSHORE_TEST_ROOT must be an absolute folder, not '$root'" ;;
esac

case "${1:-}:$#" in
up:1) locked up ;;
down:1) locked down ;;
env:1) [ -f "$root/env" ] || die "the engines are not up; run: $0 up" && cat "$root/env" ;;
scratch:2) start_scratch "$(realpath -m "$2")" ;;
scratch-down:2) stop_scratch "$(realpath -m "$2")" ;;
*)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
