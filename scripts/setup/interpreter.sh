# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The real MicroPython interpreter (unix port), as .tram/bin/micropython.
#
# 1. One that is on the machine and new enough is used as it is.
# 2. Otherwise the distribution's package is installed, where it is new enough (Debian 13 and what builds on it).
# 3. Otherwise Debian 13's package is unpacked under .tram/micropython, with the libraries that it needs and
#    their own loader: nothing of it enters the system. debian.sh finds the mirror and fetches.

interpreter_floor=1.25 # the first that has tls, vfs.rom_ioctl and reads what mpy-cross writes
interpreter_suite=trixie

# The package route is taken only if this machine offers a version that will do.
interpreter_from_system() {
    ! interpreter_is_new_enough micropython && ! interpreter_is_new_enough "$tram/bin/micropython" &&
        package_is_new_enough
}

package_is_new_enough() {
    local version
    version=$(candidate_version micropython)
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$interpreter_floor"
}

interpreter_is_new_enough() {
    local version
    version=$("$1" -c 'import sys; print("%d.%d" % sys.implementation[1][:2])' 2>/dev/null) || return 1
    dpkg --compare-versions "$version" ge "$interpreter_floor"
}

ask_for_root_for_interpreter() {
    if interpreter_from_system; then ask_for_root micropython; fi
    if ! interpreter_is_new_enough micropython && [ "$(distribution)" = ubuntu ] && [ -z "$(debian_keyring)" ]; then
        ask_for_root debian-archive-keyring
    fi
}

install_interpreter() {
    interpreter_is_new_enough "$tram/bin/micropython" && return
    if interpreter_from_system; then apt_install micropython; fi
    if interpreter_is_new_enough micropython; then
        ln -sfn "$(command -v micropython)" "$tram/bin/micropython"
        return
    fi
    unpack_interpreter
}

unpack_interpreter() {
    local work loader
    rm -rf "$tram"/fetch.* # left by a run that was cut off
    work=$(mktemp -d "$tram/fetch.XXXXXX")
    fetch_debian_packages "$work" $interpreter_suite micropython
    local archive
    for archive in "$work"/archives/*.deb; do dpkg -x "$archive" "$work/tree"; done
    loader=$(cd "$work/tree" && find . -path './usr/lib/*-linux-gnu*/ld-linux*.so.*' -printf '%P\n' | head -n 1)
    [ -n "$loader" ] || { echo "no loader among the unpacked libraries"; return 1; }
    write_wrapper "$loader" >"$work/tree/micropython"
    chmod 755 "$work/tree/micropython"
    "$work/tree/micropython" -c 'import sys; print(sys.version)'
    rm -rf "$tram/micropython"
    mv "$work/tree" "$tram/micropython"
    rm -rf "$work"
    ln -sfn ../micropython/micropython "$tram/bin/micropython"
}

# `exec`, so that the process that is started is the interpreter itself: tests kill it by its id.
write_wrapper() {
    local loader=$1
    cat <<TEXT
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here/$loader" --library-path "\$here/$(dirname "$loader")" "\$here/usr/bin/micropython" "\$@"
TEXT
}
