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
    cp "$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug/"compute*.dll "$folder"
    printf 'Z:%s' "$folder"
}
