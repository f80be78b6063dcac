#!/usr/bin/env bash
# The test command: all tests, against real engines where this machine can have them.
#
#   scripts/test.sh [ARGUMENTS OF cargo test]
#
# As root the engines are brought up if they are not, and taken down again afterwards if this script
# brought them up. Not as root, tests that need one say SKIPPED; with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
engines=scripts/test-engines.sh

if [ "${CI:-}" = true ]; then export LONGSHORE_CI=1; fi

if [ -z "${LONGSHORE_TEST_DOCKER:-}" ] && [ "$(id -u)" = 0 ]; then
    if ! "$engines" env >/dev/null 2>&1; then
        trap '"$engines" down' EXIT
    fi
    # Without engines the other tests are still worth running.
    if "$engines" up; then
        exports=$("$engines" env)
        eval "$exports"
    fi
fi

# --no-fail-fast: one red test binary must not hide the next.
cargo test --locked --no-fail-fast "$@"
