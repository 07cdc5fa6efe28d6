# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# Debian packages: which are missing, and installing them.

missing_packages=()

# Without what we made ourselves (an activated venv, .tram/bin), with the folder where mosquitto lies, which a plain
# user's PATH leaves out.
system_path() {
    PATH=$(tr ':' '\n' <<<"$PATH" | grep -vxF -e "$tram/bin" -e "$tram/venv/bin" | paste -sd:):/usr/sbin:/sbin
    unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
    hash -r
}

list_missing_packages() {
    missing_packages=()
    { have mosquitto && ! is_half_installed mosquitto; } || missing_packages+=(mosquitto)
    { have mosquitto_sub && ! is_half_installed mosquitto-clients; } || missing_packages+=(mosquitto-clients)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing_packages+=(python3-venv)
    if [ "$(architecture)" = armhf ]; then list_missing_compiler; fi
    if [ "$want_dev" = yes ] && ! { have cc || have gcc || have clang; }; then missing_packages+=(gcc libc6-dev); fi
    if [ "$want_dev" = yes ]; then list_missing_drawing; list_missing_database; fi
    if [ "$want_browser" = yes ]; then list_missing_browser; fi
}

# Some Python packages have no ready-made build for 32-bit ARM: there pip compiles them.
list_missing_compiler() {
    local package
    for package in build-essential cmake python3-dev libffi-dev libjpeg-dev zlib1g-dev; do
        dpkg -s "$package" >/dev/null 2>&1 || missing_packages+=("$package")
    done
}

# What draws the files under hardware/. OpenSCAD wants a screen for its pictures: Xvfb is one.
list_missing_drawing() {
    have openscad || missing_packages+=(openscad)
    have dot || missing_packages+=(graphviz)
    have xvfb-run || missing_packages+=(xvfb xauth)
}

# Ubuntu has Chromium only as a snap, which its package chromium-browser fetches.
list_missing_browser() {
    local name=chromium
    [ -n "$(browser_path)" ] && return
    if [ "$(distribution)" = ubuntu ]; then name=chromium-browser; fi
    missing_packages+=("$name" fonts-dejavu-core)
}

browser_path() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

have() { command -v "$1" >/dev/null 2>&1; }
architecture() { dpkg --print-architecture; }
# shellcheck disable=SC1091
distribution() { (. /etc/os-release && echo "${ID:-unknown}"); }
# shellcheck disable=SC1091
codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-unknown}"); }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Asks for the password now, while a person can see the question: a step's output goes to the log.
ask_for_root() {
    have apt-get || give_up "This system has no apt-get: install $1 by hand, then run scripts/install again."
    [ "$(id -u)" != 0 ] || return 0
    have sudo || give_up "Root rights are needed to install $1: run scripts/install as root once."
    sudo -n true 2>/dev/null && return
    [ -t 0 ] || give_up "Root rights are needed to install $1: run 'sudo scripts/install' once."
    echo "Root rights are needed to install $1."
    sudo -v || give_up "Without root rights nothing can be installed: ask someone who has them to run scripts/install."
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get \
        -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}

# DPkg::Lock::Timeout does not cover the lock on the package lists, so that one is waited for here.
apt_update() {
    local try output
    for try in $(seq 60); do
        output=$(apt update 2>&1) && break
        printf '%s\n' "$output"
        grep -q 'Could not get lock' <<<"$output" || break # a broken third-party source need not stop us
        echo "waiting for another package manager ($try of 60)"
        sleep 5
    done
    printf '%s\n' "$output"
}

candidate_version() {
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)' || true
}

install_packages() {
    local package
    for package in "${missing_packages[@]}"; do
        if [ -z "$(candidate_version "$package")" ]; then apt_update; break; fi
    done
    apt_install "${missing_packages[@]}"
}

# Package lists may be older than the mirror, and an earlier run may have been cut off half-way: a first failure is
# answered by mending both.
apt_install() {
    with_broker_held with_database_held download_and_install "$@" && return
    apt_update
    with_broker_held with_database_held mend_and_install "$@"
}

# Ctrl-C stops the download, but not dpkg in the middle of a package.
download_and_install() {
    apt install -y --no-install-recommends --download-only "$@" &&
        (trap '' INT; apt install -y --no-install-recommends "$@")
}

mend_and_install() {
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a || return
    download_and_install "$@"
}

# Unpacked but not set up: what a cut-off run leaves behind.
is_half_installed() {
    local state
    # shellcheck disable=SC2016  # dpkg's own variable
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) || return 1
    case $state in ii* | hi* | rc* | un* | pn*) return 1 ;; esac
}
