#!/usr/bin/env bash
# Takes the pictures in screenshots/: the real console, in a pseudo terminal, on the engine of demo.sh.
#
#   screenshots.sh [NAME]...     all pictures, or those of these names
#
# LONGSHORE names a binary to use; without it the released one is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Short, for it is to be read in the pictures.
dir=/run/harbour
unset DOCKER_HOST DOCKER_CONTEXT
export LONGSHORE_CONFIG_DIR=$dir/config LONGSHORE_STATE_DIR=$dir/state TZ=UTC

cargo build --quiet --locked --example screenshots
if [ -z "${LONGSHORE:-}" ]; then
    cargo build --quiet --locked --release
    LONGSHORE=${CARGO_TARGET_DIR:-target}/release/longshore
fi

[ -e "$dir/docker.sock" ] || trap 'scripts/demo.sh down "$dir"' EXIT
scripts/demo.sh up "$dir"
mkdir -p screenshots "$LONGSHORE_CONFIG_DIR" "$LONGSHORE_STATE_DIR"
# Endpoints to look at; none of them but the first is spoken to.
cat >"$LONGSHORE_CONFIG_DIR/config.toml" <<'END'
[[endpoint]]
name = "quay"
address = "ssh://operator@quay.example"

[[endpoint]]
name = "breakwater"
address = "tcp://breakwater.example:2376"
tls_ca = "ca.pem"
tls_cert = "cert.pem"
tls_key = "key.pem"
read_only = true
END
pictures=("${CARGO_TARGET_DIR:-target}/debug/examples/screenshots" "$LONGSHORE")
# In the engine's network namespace, as on a host whose firewall is the engine's.
docker=() aboard=()
for name in "$@"; do
    if [[ $name == aboard-* ]]; then aboard+=("$name"); else docker+=("$name"); fi
done
if [ $# = 0 ] || [ ${#docker[@]} -gt 0 ]; then
    scripts/demo.sh enter "$dir" "${pictures[@]}" "$dir/docker.sock" screenshots "${docker[@]}"
fi

# The engine aboard, with some of the same images, in the same namespace. Its tables go with the namespace.
if [ $# = 0 ] || [ ${#aboard[@]} -gt 0 ]; then
    rm -f "$LONGSHORE_CONFIG_DIR/config.toml"
    ours() { scripts/demo.sh enter "$dir" "$LONGSHORE" --embedded --data-root "$dir/aboard" "$@"; }
    over() {
        ours rm --force web api store import >/dev/null
        rm -rf "$dir/aboard"
    }
    docker --host "unix://$dir/docker.sock" save harbour/web:1.4 harbour/api:2.1 harbour/store:17 | ours load >/dev/null
    ours network create pier >/dev/null
    ours run --detach --name web --network pier --publish 8180:80 --memory 64m harbour/web:1.4 >/dev/null
    ours run --detach --name api --network pier --publish 127.0.0.1:9100:9000 harbour/api:2.1 \
        sh -c 'while :; do echo "GET /berths 200"; sleep 1; done' >/dev/null
    ours run --detach --name store --volume store:/data --restart always harbour/store:17 sleep 86400 >/dev/null
    ours run --name import harbour/api:2.1 sh -c 'echo "cannot read manifest.csv" >&2; exit 1' 2>/dev/null || true
    scripts/demo.sh enter "$dir" "${pictures[@]}" "aboard:$dir/aboard" screenshots "${aboard[@]}" || failed=1
    over
fi
du -sh screenshots
exit "${failed:-0}"
