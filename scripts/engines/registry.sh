#!/usr/bin/env bash
# Debian's docker-registry on loopback, plain HTTP (which Docker accepts from 127.0.0.0/8), no login.
# Sourced by test-engines.sh; writes below $root/registry.

registry_address() {
    echo "127.0.0.1:$(cat "$root/registry/port" 2>/dev/null || echo 0)"
}

registry_answers() {
    local status
    exec 8<>"/dev/tcp/127.0.0.1/$(cat "$root/registry/port")" || return 1
    printf 'GET /v2/ HTTP/1.0\r\nHost: %s\r\n\r\n' "$(registry_address)" >&8
    IFS= read -r -t 60 status <&8 || status=
    exec 8>&-
    case "$status" in *' 200 '*) ;; *) return 1 ;; esac
}

start_registry() {
    local dir=$root/registry
    mkdir -p "$dir"
    free_port >"$dir/port"
    cat >"$dir/config.yml" <<END
version: 0.1
log:
  level: warn
storage:
  delete:
    enabled: true
  filesystem:
    rootdirectory: $dir/data
http:
  addr: $(registry_address)
END
    launch "$dir/registry.log" docker-registry serve "$dir/config.yml"
    wait_until 60 registry_answers || {
        tail -n 30 "$dir/registry.log" >&2
        die "the test registry does not answer"
    }
}
