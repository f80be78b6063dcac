#!/usr/bin/env bash
# Images out of nothing but Debian's static busybox: no registry on the network is asked.
# Sourced by test-engines.sh; uses plain and tls of dockerd.sh, registry_address of registry.sh.
#
#   longshore/busybox:1   one layer, a shell
#   longshore/busybox:2   the same layer and one on top
#   longshore/layers:1    six further layers of 2 MiB; in the registry only, so that a pull has work to do

image=longshore/busybox
layers=longshore/layers

# busybox_tar: a root file system on stdout, the same bytes every time.
busybox_tar() {
    local tree applet
    tree=$(mktemp -d)
    mkdir -p "$tree"/{bin,dev,etc,proc,root,sys,tmp,usr,var}
    chmod 1777 "$tree/tmp"
    cp "$(command -v busybox)" "$tree/bin/busybox"
    for applet in $("$tree/bin/busybox" --list); do
        [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
    done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
    echo 'root:x:0:' >"$tree/etc/group"
    tar --create --directory "$tree" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 .
    rm -rf "$tree"
}

# Arguments of docker that make busybox:1 out of the tar on stdin.
import_busybox=(import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' - "$image:1")

# build_on_plain TAG: a Dockerfile on stdin. The classic builder, which every engine and client has.
build_on_plain() {
    local context
    context=$(mktemp -d)
    cat >"$context/Dockerfile"
    DOCKER_BUILDKIT=0 plain build --quiet --network none --tag "$1" "$context" >/dev/null 2>"$context.log" || {
        cat "$context.log" >&2
        return 1
    }
    rm -rf "$context" "$context.log"
}

make_images() {
    busybox_tar >"$root/busybox.tar"
    plain "${import_busybox[@]}" <"$root/busybox.tar" >/dev/null
    tls "${import_busybox[@]}" <"$root/busybox.tar" >/dev/null
    rm -f "$root/busybox.tar"

    build_on_plain "$image:2" <<END
FROM $image:1
LABEL longshore.test=2
RUN echo 'second layer' >/etc/longshore
END
}

push_images() {
    local name number
    {
        echo "FROM $image:1"
        for number in 1 2 3 4 5 6; do
            echo "RUN dd if=/dev/urandom of=/layer-$number bs=64k count=32 2>/dev/null"
        done
    } | build_on_plain "$layers:1"

    for name in "$image:1" "$image:2" "$layers:1"; do
        plain tag "$name" "$(registry_address)/$name"
        plain push --quiet "$(registry_address)/$name" >/dev/null
        plain rmi "$(registry_address)/$name" >/dev/null
    done
    plain rmi "$layers:1" >/dev/null
}
