# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The plan: which steps there are, in which order. Every other file here holds one noun of it.

tram=$(readlink -m "$root/.tram") # several work trees may share one, by a symbolic link
log=$tram/install.log
want_dev=no
want_browser=no
want_tool=no

usage() {
    cat <<'TEXT'
Usage: scripts/install [--with tool] [--with dev] [--with browser]

Installs what Trạm needs (Debian 12 or 13, Raspberry Pi OS, Ubuntu 24.04; Python 3.11 or newer).
It asks for root rights, through sudo, only when a Debian package is missing.

  --with tool      also the technicians' tool: .tram/bin/tram
  --with dev       also what the tests and the figures need: test tools, a C compiler (for a slow disk to measure with),
                   PostgreSQL, the tool, and what draws the files under hardware/ (OpenSCAD, Graphviz)
  --with browser   also Chromium, for the tests that look at pages (--with-browser is the same)
  --help           this text

TRAM_DEBIAN_MIRROR=ADDRESS names a Debian mirror, where the system's own package sources name none.
TEXT
}

setup() {
    while [ $# -gt 0 ]; do
        case $1 in
            --with) set -- "--with-${2:-}" "${@:3}" ;;
            --with=*) set -- "--with-${1#--with=}" "${@:2}" ;;
            --with-dev) want_dev=yes; want_tool=yes; shift ;;
            --with-browser) want_browser=yes; shift ;;
            --with-tool) want_tool=yes; shift ;;
            --help | -h) usage; exit 0 ;;
            *) echo "scripts/install: '$1' is not known; see scripts/install --help" >&2; exit 2 ;;
        esac
    done
    stamp_is_current && exit 0

    system_path
    if ! mkdir -p "$tram/bin" 2>/dev/null || [ ! -w "$tram" ] || [ ! -w "$tram/bin" ]; then
        give_up "The folder .tram belongs to someone else: run 'sudo chown -R $(id -un) .tram' in $root, then try again."
    fi
    lock_out_other_runs
    stamp_is_current && exit 0
    : >"$log"
    trap hand_back EXIT
    choose_python
    list_missing_packages
    carry_out
    stamp_write
    progress_end "Ready: .tram/venv, .tram/bin."
    if [ -n "$broker_note" ]; then echo "$broker_note"; fi
}

carry_out() {
    # A step is counted only if it has something to do, so that n/m tells the truth.
    local -a steps=(interpreter venv python_packages)
    [ ${#missing_packages[@]} -eq 0 ] || steps=(packages "${steps[@]}")
    [ "$want_tool" = no ] || steps+=(tool_packages)
    [ "$want_dev" = no ] || steps+=(dev_packages brokers)
    steps+=(proof)
    steps_total=${#steps[@]}
    local name
    for name in "${steps[@]}"; do "step_$name"; done
}

step_packages() {
    ask_for_root "${missing_packages[*]}"
    step "system packages: ${missing_packages[*]}" install_packages \
        "Check the network and the package sources (sudo apt-get update), then run scripts/install again."
    note_about_broker
}

step_interpreter() {
    ask_for_root_for_interpreter
    step "the MicroPython interpreter" install_interpreter \
        "Check that this machine reaches its Debian mirror (sudo apt-get update), then run scripts/install again."
}

step_venv() {
    step "a Python environment" make_venv \
        "Python's venv module does not work here: install python3-venv, then run scripts/install again."
}

step_python_packages() {
    step "Python packages" install_python_packages \
        "Check that this machine reaches its Python package index (pip config list), then run scripts/install again."
}

step_tool_packages() {
    step "the technicians' tool" install_tool \
        "Check that this machine reaches its Python package index (pip config list), then run scripts/install again."
}

step_dev_packages() {
    step "test tools" install_dev_packages \
        "Check that this machine reaches its Python package index (pip config list), then run scripts/install again."
}

step_brokers() {
    step "brokers of other Debians, for the tests" install_other_brokers \
        "Delete the folder .tram/brokers and run scripts/install again."
}

step_proof() {
    step "a check of it all" prove_it_works \
        "Something was installed but does not run: delete the folder .tram and run scripts/install again."
}

lock_out_other_runs() {
    exec 9>"$tram/install.lock"
    flock -n 9 && return
    echo "Another scripts/install is at work here; waiting for it."
    flock 9
}

# What root made belongs to whoever owns the work tree, or tests could not write there.
hand_back() {
    progress_stop
    rm -rf "$tram"/fetch.*
    [ "$(id -u)" != 0 ] || chown -R --reference="$root" "$tram"
}
