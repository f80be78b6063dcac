#!/usr/bin/env bash
# Starting and ending daemons that must be found again after a crash: by pid file, by command line,
# by mount point. Sourced by test-engines.sh; uses common.sh.

# launch LOG COMMAND...: start a daemon detached from terminal, pipes and lock of this script.
# Sets `launched` to its process id.
launch() {
    local log=$1
    shift
    setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
    launched=$!
}

# free_port: a TCP port of 127.0.0.1 nobody listens on, below the range the kernel hands out itself.
free_port() {
    local port
    for port in $(shuf -i 20000-29999 -n 200); do
        if [ -z "$(ss --no-header --listening --tcp --numeric "sport = :$port")" ]; then
            echo "$port"
            return
        fi
    done
    die "no free TCP port between 20000 and 29999"
}

# is_running PID: alive, and not a zombie that nobody has waited for.
is_running() {
    local state
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) && [ -n "$state" ] && [ "$state" != Z ]
}

is_gone() {
    ! is_running "$1"
}

# processes_of DIR: pids of the daemons started with a path below DIR in their command line. Only the
# programs started here are looked at, so that an editor opened on DIR stays alive.
processes_of() {
    local pid name
    for pid in $(pgrep -f -- "$1/" || true); do
        is_running "$pid" || continue
        name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
        case "$name" in
        dockerd | containerd | containerd-shim* | docker-registry | sshd) echo "$pid" ;;
        esac
    done
}

# daemons_of DIR: the same without the shims, each of which holds a container and dies with it.
daemons_of() {
    local pid
    for pid in $(processes_of "$1"); do
        case "$(cat "/proc/$pid/comm" 2>/dev/null)" in
        containerd-shim* | '') ;;
        *) echo "$pid" ;;
        esac
    done
}

# end_daemons DIR: politely, then by force.
end_daemons() {
    local pids
    pids=$(daemons_of "$1")
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086 # one argument per pid
    kill -TERM $pids 2>/dev/null || true
    wait_until 30 none_of daemons_of "$1" && return
    # shellcheck disable=SC2046
    kill -KILL $(daemons_of "$1") 2>/dev/null || true
    wait_until 60 none_of daemons_of "$1" || die "daemons of $1 do not end: $(daemons_of "$1" | xargs)"
}

# end_processes DIR: the daemons, then the shims a killed dockerd has left behind and their containers.
# The container goes first: a shim that is told to end leaves it running, with no one to find it.
end_processes() {
    local pid
    end_daemons "$1"
    for pid in $(processes_of "$1"); do
        pkill -KILL -P "$pid" || true
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait_until 60 none_of processes_of "$1" || die "processes of $1 do not end: $(processes_of "$1" | xargs)"
}

# none_of LIST DIR: LIST DIR prints nothing.
none_of() {
    [ -z "$("$1" "$2")" ]
}

# mounts_below DIR: mount points inside DIR, innermost first.
mounts_below() {
    awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort --reverse
}

# end_everything_below DIR: processes, mounts, files. Afterwards DIR does not exist.
end_everything_below() {
    local dir=$1 mount
    end_processes "$dir"
    while IFS= read -r mount; do
        umount "$mount" 2>/dev/null || umount --lazy "$mount" 2>/dev/null || true
    done < <(mounts_below "$dir")
    # A folder that still has something mounted must not be emptied.
    [ -z "$(mounts_below "$dir")" ] || die "cannot unmount: $(mounts_below "$dir" | xargs)"
    rm -rf --one-file-system "$dir"
}
