#!/usr/bin/env bash
# Makes a Debian 12 able to build for x86_64-pc-windows-gnu and to run the result under Wine.
# Idempotent. Takes about two minutes the first time, no time afterwards.
#
# Debian's rustc-web is used because its sources (rust-web-src) let cargo build std for a target
# that is not shipped; see env.sh for how.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/windows/env.sh
. "$here/env.sh"

oldest_rust=1.88.0 # rust-version of Cargo.toml

[ "$(id -u)" = 0 ] || die "must be root, to install packages"
[ "$(dpkg --print-architecture)" = amd64 ] || die "Wine runs x86_64 programs only on amd64"

install_packages ca-certificates rustc-web cargo-web rust-web-src gcc libc6-dev \
    gcc-mingw-w64-x86-64-win32 wine64 wine procps iproute2 docker-registry

found_rust=$(/usr/bin/rustc --version | cut -d' ' -f2)
[ "$(printf '%s\n' "$oldest_rust" "$found_rust" | sort --version-sort | head -n 1)" = "$oldest_rust" ] ||
    die "Debian's rustc is $found_rust, $oldest_rust is needed: add the bookworm-security suite to apt's sources"

# A prefix counts as made only when its last step (the stamp) is done.
stamp="$WINEPREFIX/longshore-ready"
if [ ! -e "$stamp" ]; then
    rm -rf "$WINEPREFIX"
    mkdir -p "$(dirname "$WINEPREFIX")"
    timeout 300 wineboot --init </dev/null >/dev/null 2>&1 || die "wineboot could not make $WINEPREFIX"
    # Debian's Wine claims to be Windows 7 unless told otherwise.
    timeout 120 wine winecfg -v win10 </dev/null >/dev/null 2>&1 || die "winecfg could not set Windows 10"
    timeout 120 wineserver --wait || die "wineserver did not write the registry of $WINEPREFIX"

    # std seeds its hash maps through ProcessPrng, which Wine 8 does not have.
    x86_64-w64-mingw32-gcc -O2 -s -shared "$here/bcryptprimitives.c" -ladvapi32 \
        -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll"
    touch "$stamp"
fi
