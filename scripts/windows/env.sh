#!/usr/bin/env bash
# The environment in which cargo builds for Windows and Wine runs what it built. Sourced.
# Everything lives in target-windows, apart from the Linux build: the compiler is another one.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian's tools must win: rustup's rustdoc or rustc beside them would mix two compilers.
export PATH="/usr/bin:$PATH"
unset RUSTC RUSTDOC RUSTUP_TOOLCHAIN RUSTFLAGS CARGO

# -Zbuild-std is unstable; the bootstrap flag opens it on a stable compiler. The list is split at
# blanks; `test` is the harness crate, without which `cargo test` finds no `extern crate test`.
export RUSTC_BOOTSTRAP=1
export CARGO_UNSTABLE_BUILD_STD="std panic_unwind test"
export CARGO_BUILD_TARGET=x86_64-pc-windows-gnu
export CARGO_TARGET_DIR="${LONGSHORE_WINDOWS_TARGET:-$repo/target-windows}"
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=/usr/bin/wine
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc
export AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar

export WINEPREFIX="$CARGO_TARGET_DIR/wine"
export WINEARCH=win64
export WINEDEBUG=-all                       # else hints about wine32 land in the tests' stderr
export WINEDLLOVERRIDES='mscoree=;mshtml='  # no offer to download Mono and Gecko
unset DISPLAY WAYLAND_DISPLAY

# start_wine: keep one server for the session; a program then starts ten times faster. Its standard
# streams are closed, or a pipe behind the tests would stay open as long as the server lives.
start_wine() {
    wineserver --kill=0 2>/dev/null && return
    (wineserver --persistent=900 && timeout 120 wineboot) </dev/null >/dev/null 2>&1
}

# stop_wine: end the server of this prefix and every program in it.
stop_wine() {
    wineserver --kill >/dev/null 2>&1 || true
}
