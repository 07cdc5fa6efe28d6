# shellcheck shell=bash disable=SC2034,SC2154  # these files share their variables: scripts/install reads them all
# One line that tells how far it is. On a terminal it is rewritten in place; elsewhere each step is a line.

step_number=0
ticker_pid=

# step TITLE FUNCTION ADVICE: runs FUNCTION with all its output in the log; if it fails, says why and stops.
step() {
    local title=$1 function=$2 advice=$3 rc
    step_number=$((step_number + 1))
    printf '\n== %s/%s %s (%s)\n' "$step_number" "$steps_total" "$title" "$function" >>"$log"
    progress_start "[$step_number/$steps_total] $title"
    rm -f "$tram/install.advice"
    # `if ! (…)` would switch `set -e` off inside the function, so the result is taken this way.
    set +e
    (set -e; "$function") >>"$log" 2>&1 </dev/null
    rc=$?
    set -e
    progress_stop
    [ $rc -eq 0 ] || fail_with_log "$title" "$advice"
}

# A step that knows better than its title what to do about a failure says so: the last word is printed.
advise() { printf '%s\n' "$*" >"$tram/install.advice"; return 1; }

progress_start() {
    if [ ! -t 1 ]; then printf '%s\n' "$1"; return; fi
    tick "$1" &
    ticker_pid=$!
}

tick() {
    trap 'exit 0' TERM
    local begun=$SECONDS begin columns now
    begin=$(stat -c %s "$log") # what the steps before this one wrote tells nothing
    while :; do
        columns=$(tput cols 2>/dev/null || echo 80)
        now=$(tail -c "+$((begin + 1))" "$log" |
            grep -aoE '^(Get:[0-9]+|Collecting|Building|Unpacking|Setting up|Installing collected|waiting for) .*' |
            tail -n 1 | sed -E 's/^Get:[0-9]+ [^ ]+ /Fetching /; s/ (\(from -r|collected packages).*/ .../') || now=
        now="$1, $((SECONDS - begun)) s${now:+: $now}"
        printf '\r\033[K%s' "${now:0:columns-1}"
        sleep 0.3
    done
}

progress_stop() {
    [ -n "$ticker_pid" ] || return 0
    kill "$ticker_pid" 2>/dev/null || true
    wait "$ticker_pid" 2>/dev/null || true
    ticker_pid=
    printf '\r\033[K'
}

progress_end() { progress_stop; printf '%s\n' "$1"; }

fail_with_log() {
    local advice=$2
    [ ! -s "$tram/install.advice" ] || advice=$(cat "$tram/install.advice")
    {
        echo "--- the last lines of .tram/install.log"
        tail -n 20 "$log"
        echo "---"
        echo "Failed at: $1."
        echo "$advice"
    } >&2
    exit 1
}

give_up() { printf '%s\n' "$*" >&2; exit 1; }
