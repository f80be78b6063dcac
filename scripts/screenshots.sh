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
# In the engine's network namespace, as on a host whose firewall is the engine's.
scripts/demo.sh enter "$dir" "${CARGO_TARGET_DIR:-target}/debug/examples/screenshots" \
    "$LONGSHORE" "$dir/docker.sock" screenshots "$@"
du -sh screenshots
