#!/usr/bin/env bash
# Builds longshore for Windows on Debian 12 and runs its tests under Wine, those of the engine aboard
# against stand-ins for Windows' own DLLs (see tests/standin): the --lib tests, then longshore.exe as
# people have it, without the feature Containers and with it. Root the first time, for setup.sh.
#
#   scripts/windows/test.sh [ARGUMENTS FOR THE --lib TESTS]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/windows/env.sh
. "$here/env.sh"
# shellcheck source=scripts/windows/standin.sh
. "$here/standin.sh"
# shellcheck source=scripts/windows/aboard.sh
. "$here/aboard.sh"
cd "$repo"
clean_up() {
    stop_harbour
    stop_wine
}
trap clean_up EXIT
start_wine || die "Wine does not start"
forget_services

# insta would ask cargo where the workspace is, and there is no cargo inside Wine.
export INSTA_WORKSPACE_ROOT="Z:$repo" INSTA_UPDATE=no

cargo test --locked --package standin-core
standins=$(build_standins)
LONGSHORE_TEST_DLLS=$standins cargo test --locked --lib -- "$@"

cargo build --locked --bin longshore
exe=$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug/longshore.exe
# One import of these, and the program does not start where the feature Containers is off.
imports=$(x86_64-w64-mingw32-objdump --private-headers "$exe" | sed -n 's/.*DLL Name: //p')
[ -n "$imports" ] || die "longshore.exe imports nothing: its table was not read"
if grep -iE '^(compute|vmcompute|virtdisk|fltlib|hns)' <<<"$imports"; then
    die "longshore.exe imports what not every Windows has"
fi

version=$(timeout 120 wine "$exe" --version </dev/null) ||
    die "longshore.exe does not run under Wine"
echo "$version"
[[ $version == 'longshore '[0-9]* ]] || die "longshore.exe --version says '$version'"

# Wine has no feature Containers: the engine aboard says so, and what to do.
missing=$(timeout 120 wine "$exe" -H embedded: info </dev/null 2>&1) || true
echo "$missing"
[[ $missing == *'the Windows feature Containers is off'*'Enable-WindowsOptionalFeature'* ]] ||
    die "longshore.exe does not say why it has no engine aboard"

# With it, as far as stand-ins go: all of the engine aboard through longshore.exe.
export LONGSHORE_TEST_DLLS=$standins
start_harbour
if [ "${CI:-}" = true ]; then export LONGSHORE_CI=1; fi
cargo test --locked --test windows
mkdir "$root/world"
LONGSHORE_STANDIN_WORLD=Z:$root/world cargo test --locked --test contract embedded
