#!/usr/bin/env bash
# Runs tests/compute, and a container with a published port, on a kernel whose only control groups are of version 2: a
# small virtual machine without a disk or a network.
#
#   cgroup2.sh [ARGUMENTS]...   of the tests' program; all tests that need no compiler otherwise
#
# Installs what it needs where it may (Debian 12): qemu, a kernel, a static busybox. KERNEL names another version of
# those in /boot with their modules, LOG where the machine's words go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/common.sh

install_packages qemu-system-x86 linux-image-cloud-amd64 busybox-static cpio kmod binutils
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
log=${LOG:-$target/cgroup2.log}
kernel=${KERNEL:-$(find /boot -name 'vmlinuz-*-cloud-amd64' -printf '%f\n' | sort -V | tail -1)}
kernel=${kernel#vmlinuz-}

tests=$(cargo test --no-run --locked --test compute 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')
tests=$(realpath "$tests")
longshore=$target/debug/longshore

root=$(mktemp -d)
trap 'rm -rf "$root" "$root.gz"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,run,var/lib,root,modules}
cp /bin/busybox "$root/bin/"

# put PROGRAM: at its own path, without what only a debugger reads, and the libraries that it needs.
put() {
    local library
    mkdir -p "$root${1%/*}"
    strip -o "$root$1" "$1"
    for library in $(ldd "$1" | grep -o '/[^ ]*'); do
        mkdir -p "$root${library%/*}"
        cp -Ln "$library" "$root$library"
    done
}
put "$longshore"
put "$tests"

# All that the engine aboard uses, each behind what it needs.
for module in overlay bridge veth nft_fib_inet nft_nat nft_masq nft_ct nft_chain_nat nf_conntrack_netlink; do
    modprobe -S "$kernel" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' >"$root/modules/order"
xargs -a "$root/modules/order" cp -t "$root/modules"

# A container cannot leave the first root that a machine has (pivot_root(2)), so a second one is made of it.
cat >"$root/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t tmpfs -o size=90% tmpfs /tmp
for folder in /*; do [ "$folder" = /tmp ] || cp -a "$folder" /tmp/; done
mkdir -p /tmp/tmp
exec switch_root /tmp /second
EOF
cat >"$root/second" <<EOF
#!/bin/sh
export HOME=/root TMPDIR=/tmp LONGSHORE_CI=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
while read -r module; do insmod "/modules/\${module##*/}"; done </modules/order
echo "Linux \$(uname -r), controllers \$(cat /sys/fs/cgroup/cgroup.controllers)"
$tests ${*:---skip narrow --skip escape::a_program}
echo "tests ended with \$?"
sh /smoke && echo "smoke ended well"
poweroff -f
EOF
cat >"$root/smoke" <<EOF
set -e
longshore() { $longshore --embedded --data-root /data "\$@"; }
mkdir -p /image/bin /image/www && cp /bin/busybox /image/bin/ && ln -s busybox /image/bin/httpd
echo "hello from a container" >/image/www/index.html
tar -C /image -cf /image.tar .
longshore import /image.tar busy:1 >/dev/null
longshore run -d --name web -m 64m --pids-limit 20 --cpus 0.5 -p 8080:80 busy:1 httpd -f -p 80 -h /www >/dev/null
for try in 1 2 3 4 5 6 7 8 9; do wget -qO /said http://127.0.0.1:8080/ && break; sleep 1; done
cat /said
group=/sys/fs/cgroup/longshore/\$(longshore inspect --format '{{.Id}}' web)
# is WHAT VALUE EXPECTED...
is() { what=\$1 value=\$2; shift 2; [ "\$value" = "\$*" ] || { echo "\$what is \$value and not \$*"; exit 1; }; }
is answer "\$(cat /said)" hello from a container
is memory.max "\$(cat \$group/memory.max)" \$((64 << 20))
is pids.max "\$(cat \$group/pids.max)" 20
is cpu.max "\$(cat \$group/cpu.max)" 50000 100000
is "the group that is seen inside" "\$(longshore exec web /bin/busybox cat /proc/self/cgroup)" 0::/

# Limits bite: no twenty-first process, and none with more memory than there is.
longshore exec web /bin/busybox sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
    /bin/busybox sleep 5 & done' 2>&1 | grep -q "can't fork"
is "most processes" "\$(awk '{ print (\$1 > 20) }' \$group/pids.peak 2>/dev/null || echo 0)" 0
code=0
longshore run --rm -m 32m --memory-swap 32m --tmpfs /t busy:1 /bin/busybox dd if=/dev/zero of=/t/x bs=1M count=64 2>/dev/null || code=\$?
is "the exit code of one with too little memory" \$code 137

# Devices: what every container has, and no other, whatever node it makes.
longshore exec web /bin/busybox head -c 1 /dev/zero >/dev/null
longshore exec web /bin/busybox mknod /loop b 7 0
longshore exec web /bin/busybox head -c 1 /loop 2>&1 | grep -q "not permitted"
longshore run --rm --device /dev/kmsg busy:1 /bin/busybox sh -c ': >/dev/kmsg'

# Live changes, and what is used as it is read.
longshore update -m 48m --pids-limit 30 web >/dev/null
is memory.max "\$(cat \$group/memory.max)" \$((48 << 20))
is pids.max "\$(cat \$group/pids.max)" 30
[ "\$(cat \$group/memory.current)" -gt 0 ] && [ "\$(awk '/^usage_usec/ { print \$2 }' \$group/cpu.stat)" -gt 0 ]

longshore stats --no-stream web | grep web | grep -q "/ 48"

# Frozen, it answers nobody; thawed, it goes on.
longshore pause web >/dev/null
is cgroup.freeze "\$(cat \$group/cgroup.freeze)" 1
is "frozen in cgroup.events" "\$(awk '/^frozen/ { print \$2 }' \$group/cgroup.events)" 1
! timeout 2 wget -qO /said http://127.0.0.1:8080/
longshore unpause web >/dev/null
is "frozen in cgroup.events" "\$(awk '/^frozen/ { print \$2 }' \$group/cgroup.events)" 0
wget -qO /said http://127.0.0.1:8080/
longshore stop -t 1 web && longshore rm web
! ls -d /sys/fs/cgroup/longshore/*/
EOF
chmod +x "$root/init" "$root/second"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$root.gz"

machine=(qemu-system-x86_64 -m 2048 -smp 2 -nographic -no-reboot -nic none -kernel "/boot/vmlinuz-$kernel"
    -initrd "$root.gz" -append "console=ttyS0 quiet panic=-1")
# In software, so that it needs no rights and no other machine's help.
machine+=(-machine accel=tcg -cpu max)
timeout "${PATIENCE:-900}" "${machine[@]}" </dev/null | tr -d '\r' | tee "$log"
grep -q '^tests ended with 0$' "$log" && grep -q '^smoke ended well$' "$log" || die "see $log"
