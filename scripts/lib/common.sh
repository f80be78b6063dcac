#!/usr/bin/env bash
# What every script of the project shares: complaining, waiting, installing. Sourced, never run.

# Debian keeps dockerd, nft and sshd where a plain user's PATH does not look.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# die MESSAGE...: say what went wrong and leave.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# wait_until SECONDS COMMAND...: poll until the command succeeds; fail once the time is over.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages PACKAGE...: apt-get what is missing, without letting a package start its service.
install_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local log policy=/usr/sbin/policy-rc.d made_policy=
    log=$(mktemp)
    if [ ! -e "$policy" ]; then
        # Exit status 101 tells invoke-rc.d "forbidden by policy": the engines here are started by hand.
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made_policy=yes
    fi
    local status=0
    apt_install "${missing[@]}" >"$log" 2>&1 || status=$?
    [ -z "$made_policy" ] || rm -f "$policy"
    if [ "$status" != 0 ]; then
        tail -n 30 "$log" >&2
        die "apt-get could not install ${missing[*]} (log: $log)"
    fi
    rm -f "$log"
}

# The lock is waited for, and a mirror gets three chances: neither is a reason for a red run.
apt_install() {
    local options=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    export DEBIAN_FRONTEND=noninteractive
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install --yes --no-install-recommends "$@"
}
