# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# The mosquitto package starts a broker on port 1883 as it is installed, and at every boot. Trạm runs its own
# broker, so when *we* bring the package, that service must neither start now nor later. A mosquitto that was
# here before us is somebody's: it is never touched.
#
# 1. Where systemd runs, the unit is masked while apt works, in /run: a crash leaves nothing after a reboot.
# 2. Elsewhere (containers, chroots) a policy-rc.d denies this one service, unless there is a policy already.
# 3. Both are taken away again however apt ends; then the service is disabled, which upgrades respect.

broker_note=
policy=/usr/sbin/policy-rc.d
policy_mark="# Written by Tram's scripts/install while it installs mosquitto; may be deleted."

# A package that a cut-off run of ours left half-way counts as ours.
brings_broker() { [[ " ${missing_packages[*]} " == *" mosquitto "* ]]; }

note_about_broker() {
    brings_broker || return 0
    broker_note="The system's own mosquitto service was installed switched off (to use it: systemctl enable --now mosquitto)."
}

with_broker_held() {
    brings_broker || { "$@"; return; }
    local rc=0
    trap broker_let_go EXIT # step runs us in a subshell: this also covers Ctrl-C
    broker_hold
    "$@" || rc=$?
    broker_let_go
    trap - EXIT
    [ $rc -ne 0 ] || broker_switch_off
    return $rc
}

broker_hold() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl mask --runtime mosquitto.service
    elif [ ! -e $policy ] || grep -qF "$policy_mark" $policy; then
        # shellcheck disable=SC2016
        printf '%s\n' '#!/bin/sh' "$policy_mark" 'case $1 in mosquitto*) exit 101 ;; esac' 'exit 0' |
            as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
}

broker_let_go() {
    if [ -d /run/systemd/system ]; then as_root systemctl unmask --runtime mosquitto.service; fi
    if [ -e $policy ] && grep -qF "$policy_mark" $policy; then as_root rm -f $policy; fi
}

broker_switch_off() {
    if have systemctl; then as_root systemctl disable mosquitto.service; fi
    if have update-rc.d; then as_root update-rc.d mosquitto disable; fi
}
