#!/usr/bin/env bash
# What the engine aboard needs beside stand-ins when the whole program is tested: the two services whose
# presence tells that the feature Containers is on, and a registry. Sourced after env.sh and common.sh.

# shellcheck source=scripts/engines/process.sh
. "$repo/scripts/engines/process.sh"
# shellcheck source=scripts/engines/registry.sh
. "$repo/scripts/engines/registry.sh"

# Of registry.sh and process.sh: where all of it lies.
root=$CARGO_TARGET_DIR/aboard
services=(vmcompute hns)

# make_services: Wine's service manager knows them from now on; they are looked for, and never started.
make_services() {
    local service
    for service in "${services[@]}"; do
        timeout 60 wine sc create "$service" 'binPath=' 'C:\windows\system32\svchost.exe' </dev/null >/dev/null ||
            die "Wine makes no service $service"
    done
}

# forget_services: as in a fresh prefix.
forget_services() {
    local service
    for service in "${services[@]}"; do
        timeout 60 wine sc delete "$service" </dev/null >/dev/null 2>&1 || true
    done
}

# start_harbour: services and a registry; says where the registry is.
start_harbour() {
    end_daemons "$root"
    rm -rf "$root"
    make_services
    start_registry
    export LONGSHORE_TEST_REGISTRY
    LONGSHORE_TEST_REGISTRY=$(registry_address)
}

stop_harbour() {
    end_daemons "$root"
    forget_services
    rm -rf "$root"
}
