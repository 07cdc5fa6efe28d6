# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# Packages of a newer Debian, fetched beside the system's own: an apt state of its own in a folder, which leaves
# the system's lists, sources and packages alone. The mirror is the one that this machine's sources name, the
# signature is checked against this machine's own archive keyring: no address stands in this repository.

# fetch_debian_packages FOLDER SUITE PACKAGE: PACKAGE and all it depends on, as FOLDER/archives/*.deb
fetch_debian_packages() {
    local folder=$1 suite=$2 package=$3 keyring mirror
    if [ "$(distribution)" = ubuntu ] && [ -z "$(debian_keyring)" ]; then apt_install debian-archive-keyring; fi
    keyring=$(debian_keyring)
    [ -n "$keyring" ] || advise "There is no Debian archive keyring on this system, so the MicroPython package of" \
        "Debian 13 cannot be checked: install MicroPython $interpreter_floor or newer by hand, then run scripts/install again."
    for mirror in $(debian_mirrors); do
        echo "trying suite $suite of the mirror $mirror"
        apt_state "$folder" "$suite" "$mirror" "$keyring"
        if apt_beside "$folder" update &&
            apt_beside "$folder" install --download-only -y --no-install-recommends "$package"; then
            return
        fi
    done
    advise_about_mirror
}

advise_about_mirror() {
    if [ "$(distribution)" = debian ] || [ "$(distribution)" = raspbian ]; then
        advise "MicroPython could not be fetched from the Debian mirror in this machine's apt sources: check the network," \
            "or name another with TRAM_DEBIAN_MIRROR=ADDRESS, then run scripts/install again."
    fi
    advise "This system has no MicroPython $interpreter_floor or newer, and its package sources name no Debian mirror to take it from:" \
        "run 'TRAM_DEBIAN_MIRROR=ADDRESS scripts/install' with a Debian mirror's address," \
        "or put a micropython program of that version on the PATH and run scripts/install again."
}

# The mirror of this release's main archive comes first; security and vendors' archives carry no newer release.
debian_mirrors() {
    if [ -n "${TRAM_DEBIAN_MIRROR:-}" ]; then echo "$TRAM_DEBIAN_MIRROR"; return; fi
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
        awk -v release="$(codename)" '$2 == release { print ($3 == "Debian" || $3 == "Raspbian" ? 0 : 1), $1 }' |
        sort -u | cut -d' ' -f2
}

debian_keyring() {
    local name
    for name in debian-archive-keyring.gpg debian-archive-keyring.pgp raspbian-archive-keyring.gpg; do
        # A Raspbian system may carry Debian's keyring too, but its mirror is signed with Raspbian's.
        case $(distribution)-$name in raspbian-debian*) continue ;; esac
        if [ -f "/usr/share/keyrings/$name" ]; then echo "/usr/share/keyrings/$name"; return; fi
    done
}

apt_state() {
    local folder=$1
    rm -rf "$folder/sources" "$folder/lists" "$folder/archives"
    mkdir -p "$folder"/{sources,state,lists/partial,archives/partial}
    : >"$folder/status" # nothing counts as installed, so that every library is fetched
    printf '%s\n' 'Types: deb' "URIs: $3" "Suites: $2" 'Components: main' "Signed-By: $4" >"$folder/sources/debian.sources"
    # The system's settings (proxies, say) hold here too, but not its hooks, which write to the system's folders.
    {
        apt-config dump | grep -vE '^(APT::Update|DPkg)::(Pre|Post)-(Invoke|Install)|^Dir::|^APT::NeverAutoRemove'
        printf '%s "%s";\n' Dir::Etc::parts /dev/null Dir::Etc::main /dev/null \
            Dir::Etc::sourcelist /dev/null Dir::Etc::sourceparts "$folder/sources" \
            Dir::Etc::preferences /dev/null Dir::Etc::preferencesparts /dev/null \
            Dir::State "$folder/state" Dir::State::lists "$folder/lists" Dir::State::status "$folder/status" \
            Dir::Cache "$folder" Dir::Cache::archives "$folder/archives" \
            APT::Sandbox::User "$(id -un)" Acquire::Languages none Acquire::Retries 3
    } >"$folder/apt.conf"
}

apt_beside() { APT_CONFIG="$1/apt.conf" apt-get "${@:2}"; }
