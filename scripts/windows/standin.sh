#!/usr/bin/env bash
# Builds the stand-ins for Windows' DLLs into one folder and says where they are; see tests/standin.
# env.sh is sourced before.

# build_standins: prints the folder, as Wine names it.
build_standins() {
    cargo build --locked --quiet --package 'standin-*' >&2
    local folder=$CARGO_TARGET_DIR/standin
    # Tests make worlds in here, one copy of a DLL each.
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug/"{computecore,computenetwork,vmcompute,virtdisk}.dll "$folder"
    make_volumes
    printf 'Z:%s' "$folder"
}

# make_volumes: makes known to Wine what the stand-in for vmcompute.dll mounts layers as; a path that
# begins with \\?\Volume{…} is looked up by its lower-case name among Wine's devices. Frees all of them.
make_volumes() {
    local pool=$CARGO_TARGET_DIR/volumes number
    rm -rf "$pool" "$WINEPREFIX"/drive_c/users/*/Temp/longshore-volumes
    for ((number = 0; number < 64; number++)); do
        mkdir -p "$pool/$number"
        ln -sfn "$pool/$number" \
            "$WINEPREFIX/dosdevices/volume{$(printf '10090000-0000-0000-0000-%012d' "$number")}"
    done
}
