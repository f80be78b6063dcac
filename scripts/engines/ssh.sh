#!/usr/bin/env bash
# An sshd on loopback with keys of its own, through which `docker system dial-stdio` reaches the plain
# dockerd. Sourced by test-engines.sh; writes below $root/ssh. The user's ~/.ssh is not touched.

ssh_address() {
    echo "ssh://root@127.0.0.1:$(cat "$root/ssh/port" 2>/dev/null || echo 0)"
}

ssh_answers() {
    timeout 60 ssh -F "$root/ssh/ssh_config" 127.0.0.1 docker version >/dev/null 2>&1 </dev/null
}

start_sshd() {
    local dir=$root/ssh port key
    mkdir -p "$dir"
    port=$(free_port)
    echo "$port" >"$dir/port"
    for key in host user; do
        ssh-keygen -q -t ed25519 -N '' -C "longshore test $key" -f "$dir/$key"
    done
    cp "$dir/user.pub" "$dir/authorized_keys"
    echo "[127.0.0.1]:$port $(cat "$dir/host.pub")" >"$dir/known_hosts"
    write_sshd_config "$dir" "$port"
    write_ssh_config "$dir" "$port"

    mkdir -p -m 755 /run/sshd # sshd drops its privileges into this folder and does not make it itself
    launch "$dir/sshd.log" /usr/sbin/sshd -D -e -f "$dir/sshd_config"
    wait_until 60 ssh_answers || {
        tail -n 30 "$dir/sshd.log" >&2
        die "the test sshd does not answer, or docker does not answer through it"
    }
}

# Without PAM a locked root ('!' in the shadow file) is turned away even with a key.
pam() {
    case "$(getent shadow root | cut -d: -f2)" in '!'*) echo yes ;; *) echo no ;; esac
}

write_sshd_config() {
    cat >"$1/sshd_config" <<END
ListenAddress 127.0.0.1:$2
HostKey $1/host
PidFile $1/sshd.pid
AuthorizedKeysFile $1/authorized_keys
StrictModes no
UsePAM $(pam)
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
MaxSessions 200
# The docker at the other end finds the plain test engine without a flag.
SetEnv DOCKER_HOST=$(plain_address)
END
}

write_ssh_config() {
    cat >"$1/ssh_config" <<END
Host *
    HostName 127.0.0.1
    Port $2
    User root
    IdentityFile $1/user
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile $1/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
    ConnectTimeout 30
END
}
