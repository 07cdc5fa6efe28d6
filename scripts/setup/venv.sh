# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The Python environment, .tram/venv, and what is in it.

python=

choose_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, sqlite3, ssl; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$(command -v "$candidate")
            return
        fi
    done
    if ! have python3 && have apt-get; then # a bare system: Debian's python3 is 3.11 or newer
        ask_for_root python3
        steps_total=1
        step "system packages: python3" install_python "Install Python 3.11 or newer, then run scripts/install again."
        step_number=0
        python=/usr/bin/python3
        return
    fi
    give_up "Python 3.11 or newer is needed (with sqlite3 and ssl): install it, then run scripts/install again."
}

install_python() { apt_update; apt_install python3; }

# A venv breaks when the system's Python moves on to the next version: then it is made again.
venv_is_whole() {
    local real
    real=$(readlink -e "$tram/venv/bin/python") && [ -x "$tram/venv/bin/pip" ] &&
        [ -d "$tram/venv/lib/$(basename "$real")/site-packages/pip" ] &&
        grep -qsF "$tram/venv/" "$tram/venv/bin/pip"
}

make_venv() {
    venv_is_whole && return
    "$python" -m venv --clear "$tram/venv"
}

pip_install() {
    "$tram/venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --require-hashes "$@"
}

install_python_packages() { pip_install -r "$root/requirements/run.txt"; }
install_tool() {
    pip_install -r "$root/requirements/run.txt" -r "$root/requirements/tool.txt"
    printf '#!/bin/sh\n# The technicians'"'"' tool, out of this work tree.\nPYTHONPATH=%q exec %q -m scripts.tram "$@"\n' \
        "$root" "$tram/venv/bin/python" >"$tram/bin/tram.new"
    chmod 755 "$tram/bin/tram.new"
    mv "$tram/bin/tram.new" "$tram/bin/tram"
}
install_dev_packages() {
    pip_install -r "$root/requirements/run.txt" -r "$root/requirements/tool.txt" -r "$root/requirements/hardware.txt" \
        -r "$root/requirements/dev.txt"
    install_stubs esp32
    install_stubs rp2
}

# The description of one MicroPython port, for the type checks: a folder of its own, for the ports' contradict each other.
install_stubs() {
    local pinned=$root/requirements/stubs-$1.txt folder=$tram/stubs/$1
    ! cmp -s "$pinned" "$folder/pinned.txt" || return 0
    rm -rf "$folder" "$folder.new"
    pip_install --no-deps --no-compile --target "$folder.new" -r "$pinned"
    cp "$pinned" "$folder.new/pinned.txt"
    mv "$folder.new" "$folder"
}

# Every tool under one roof, whatever the PATH, and each one started once.
prove_it_works() {
    ln -sfn "$(command -v mosquitto)" "$tram/bin/mosquitto"
    if [ -n "$(browser_path)" ]; then ln -sfn "$(browser_path)" "$tram/bin/chromium"; fi
    "$tram/venv/bin/python" -m pip check --disable-pip-version-check
    "$tram/venv/bin/python" -c 'import litestar, msgspec, paho.mqtt.client, sqlalchemy.ext.asyncio, zxingcpp'
    "$tram/bin/mosquitto" -h || [ $? -le 3 ] # mosquitto's help exits with 3
    "$tram/bin/micropython" "$root/scripts/setup/probe.py"
    if [ "$want_tool" = yes ]; then "$tram/bin/tram" --help; fi
    if [ "$want_dev" = yes ]; then "$tram/venv/bin/python" -m pytest --version && openscad --version && dot -V; fi
    if [ "$want_browser" = yes ]; then "$tram/bin/chromium" --version; fi
}
