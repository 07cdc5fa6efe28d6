# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The stamp: what was installed from which requirement files, so that a second run is over at once.
# One line per part ("run HASH", "tool HASH", "dev HASH", "browser HASH"): installing one part keeps the others' lines.

# The folder's place counts too: a venv holds absolute paths, so a moved or copied one is made afresh.
part_hash() {
    local -a files=("$root/requirements/run.txt" "$root"/scripts/setup/*.sh)
    [ "$1" != tool ] || files+=("$root/requirements/tool.txt")
    [ "$1" != dev ] || files+=("$root"/requirements/{dev,hardware}.txt "$root"/requirements/stubs-*.txt)
    { echo "$1 $tram"; cat "${files[@]}"; } | sha256sum | cut -d' ' -f1
}

wanted_parts() {
    echo run
    [ "$want_tool" = no ] || echo tool
    [ "$want_dev" = no ] || echo dev
    [ "$want_browser" = no ] || echo browser
}

stamp_is_current() {
    [ -f "$tram/stamp" ] && venv_is_whole && [ -x "$tram/bin/micropython" ] && [ -x "$tram/bin/mosquitto" ] || return 1
    [ "$want_browser" = no ] || [ -x "$tram/bin/chromium" ] || return 1
    local part
    for part in $(wanted_parts); do
        grep -qxF "$part $(part_hash "$part")" "$tram/stamp" || return 1
    done
}

stamp_write() {
    local part
    {
        for part in run tool dev browser; do
            if wanted_parts | grep -qx "$part" || grep -qsxF "$part $(part_hash "$part")" "$tram/stamp"; then
                echo "$part $(part_hash "$part")"
            fi
        done
    } >"$tram/stamp.new"
    mv "$tram/stamp.new" "$tram/stamp"
}
