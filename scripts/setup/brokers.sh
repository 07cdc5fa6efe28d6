# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The brokers of other Debians, for the tests: .tram/brokers/SUITE/mosquitto, beside the system's own, with the
# libraries that each needs and their own loader. A gateway meets all of them in the field.
#
# 1. What cannot be fetched is left out, and the log says so: the tests run on those that are there.
# 2. Only the broker and its libraries are kept (some 15 MB each); nothing of them enters the system.

broker_suites=(bookworm trixie sid) # 2.0.11, 2.0.21, 2.1.x; that of this machine is installed already

install_other_brokers() {
    local suite
    for suite in "${broker_suites[@]}"; do
        if [ "$suite" = "$(codename)" ] || [ -x "$tram/brokers/$suite/mosquitto" ]; then continue; fi
        (set -e; unpack_broker "$suite") || echo "no broker of $suite: the tests do without it"
        rm -rf "$tram"/fetch.*
    done
}

unpack_broker() {
    local suite=$1 work archive loader
    work=$(mktemp -d "$tram/fetch.XXXXXX")
    fetch_debian_packages "$work" "$suite" mosquitto
    for archive in "$work"/archives/*.deb; do dpkg -x "$archive" "$work/tree"; done
    loader=$(find "$work/tree/usr/lib" -path '*-linux-gnu*/ld-linux*.so.*' | head -n 1)
    [ -n "$loader" ] || { echo "no loader among the unpacked libraries"; return 1; }
    /sbin/ldconfig -n "$(dirname "$loader")"
    keep_broker "$work/tree" "$loader" "$work/kept"
    "$work/kept/mosquitto" -h | head -n 1
    mkdir -p "$tram/brokers"
    rm -rf "$tram/brokers/$suite"
    mv "$work/kept" "$tram/brokers/$suite"
}

# The loader gets a name that begins with the broker's: what signals a broker looks at the name of the process first.
keep_broker() {
    local tree=$1 loader=$2 kept=$3
    mkdir -p "$kept/lib"
    cp "$loader" "$kept/mosquitto.loader"
    cp "$tree/usr/sbin/mosquitto" "$kept/program"
    "$loader" --library-path "$(dirname "$loader")" --list "$tree/usr/sbin/mosquitto" |
        awk -v tree="$tree" '$2 == "=>" && index($3, tree) == 1 { print $3 }' | xargs cp -Lt "$kept/lib"
    cat >"$kept/mosquitto" <<'TEXT'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/mosquitto.loader" --library-path "$here/lib" "$here/program" "$@"
TEXT
    chmod 755 "$kept/mosquitto"
}
