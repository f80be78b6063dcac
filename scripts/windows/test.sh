#!/usr/bin/env bash
# Builds longshore for Windows on Debian 12, runs the portable (--lib) tests under Wine and starts
# the linked exe once. Root the first time, for setup.sh.
#
#   scripts/windows/test.sh [ARGUMENTS FOR THE TEST BINARY]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup.sh"
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/windows/env.sh
. "$here/env.sh"
cd "$repo"

trap stop_wine EXIT
start_wine || die "Wine does not start"

# insta would ask cargo where the workspace is, and there is no cargo inside Wine.
export INSTA_WORKSPACE_ROOT="Z:$repo" INSTA_UPDATE=no

cargo test --locked --lib -- "$@"

cargo build --locked --bin longshore
version=$(timeout 120 wine "$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug/longshore.exe" --version </dev/null) ||
    die "longshore.exe does not run under Wine"
echo "$version"
[[ $version == 'longshore '[0-9]* ]] || die "longshore.exe --version says '$version'"
