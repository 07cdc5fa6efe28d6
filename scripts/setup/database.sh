# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The postgresql package makes a cluster as it is installed, and starts it, then and at every boot. The tests run clusters
# of their own, so when *we* bring the package, there is none of the system's. A PostgreSQL that was here before us is
# somebody's: it is never touched.
#
# 1. postgresql-common comes first: with it the file that says whether a cluster is made.
# 2. That file says no while the rest is installed, and what it said before when that is over, however it ends.

cluster_settings=/etc/postgresql-common/createcluster.conf

list_missing_database() {
    local found
    for found in /usr/lib/postgresql/*/bin/initdb; do
        if [ -x "$found" ]; then return; fi
    done
    have initdb || missing_packages+=(postgresql)
}

brings_database() { [[ " ${missing_packages[*]} " == *" postgresql "* ]]; }

with_database_held() {
    brings_database || { "$@"; return; }
    local rc=0
    apt install -y --no-install-recommends postgresql-common || return
    # A shell of its own, so that the trap of with_broker_held stays: this also covers Ctrl-C.
    (trap database_let_go EXIT; database_hold; "$@") || rc=$?
    return $rc
}

database_hold() {
    database_let_go
    as_root cp -p "$cluster_settings" "$cluster_settings.tram"
    printf '%s\n' 'create_main_cluster = false' | as_root tee "$cluster_settings" >/dev/null
}

# What a cut-off run left is put back by the next one.
database_let_go() {
    if [ -e "$cluster_settings.tram" ]; then as_root mv "$cluster_settings.tram" "$cluster_settings"; fi
}
