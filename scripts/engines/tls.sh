#!/usr/bin/env bash
# Certificates for the dockerd behind TLS, named as DOCKER_CERT_PATH wants them: ca.pem cert.pem key.pem.
# Sourced by test-engines.sh; writes below $root/tls.
#
#   server     for 127.0.0.1 and localhost
#   client     signed by the same authority: is let in
#   stranger   signed by another authority: must be refused, and must refuse the server

make_certificates() {
    mkdir -p "$root/tls"
    make_authority ours
    make_authority theirs
    make_certificate server ours 'subjectAltName=IP:127.0.0.1,DNS:localhost' serverAuth
    make_certificate client ours 'subjectAltName=DNS:longshore-client' clientAuth
    make_certificate stranger theirs 'subjectAltName=DNS:longshore-stranger' clientAuth
}

make_key() {
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null)
}

make_authority() {
    local at=$root/tls/authority-$1
    make_key "$at.key"
    openssl req -x509 -new -key "$at.key" -sha256 -days 30 -subj "/CN=longshore test authority ($1)" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$at.pem"
}

# make_certificate NAME AUTHORITY ALTERNATIVE_NAMES USAGE
make_certificate() {
    local dir=$root/tls/$1 authority=$root/tls/authority-$2
    mkdir -p "$dir"
    make_key "$dir/key.pem"
    openssl req -new -key "$dir/key.pem" -subj "/CN=longshore test $1" |
        openssl x509 -req -CA "$authority.pem" -CAkey "$authority.key" -CAcreateserial -sha256 -days 30 \
            -extfile <(printf 'basicConstraints=CA:FALSE\n%s\nextendedKeyUsage=%s\n' "$3" "$4") \
            -out "$dir/cert.pem" 2>/dev/null
    cp "$authority.pem" "$dir/ca.pem"
}
