#!/usr/bin/env bash
# A gate with a new store, a listener on everything and simulated traffic, until Ctrl-C or for
# DEMO_SECONDS. Succeeds only if the listener printed as many messages as the gate accepted
# from the simulation; both numbers are printed.
#
#   RTMD, RTM        the two programs (build/release/bin)
#   DEMO_SECONDS     end by itself after so long
#   DEMO_RATE        messages a second (20)
#
# Nothing here waits by sleeping: each program says when it is ready, and the end of the
# traffic is the simulation's summary.
set -u
set -m # children get process groups of their own: Ctrl-C reaches this script alone

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
rtmd=${RTMD:-$root/build/release/bin/rtmd}
rtm=${RTM:-$root/build/release/bin/rtm}
pid=11000001
first_user=1001 # the simulated users; messages of others are guests
patience=20     # seconds for whatever must happen

work=
gate='' listener='' traffic='' # process ids

cleanup() {
    local process
    for process in $traffic $listener $gate; do
        kill "$process" 2>/dev/null
    done
    wait 2>/dev/null
    [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT

fail() {
    printf 'demo: %s\n' "$1" >&2
    [ ! -s "$work/rtmd.log" ] || sed 's/^/rtmd: /' "$work/rtmd.log" >&2
    exit 1
}

# A number of the summary, {"accepted":12,...}, into $field. No child processes in here and in
# take_line(): Ctrl-C would reach them.
find_field() {
    field=
    [[ $summary =~ \"$1\":([0-9]+) ]] && field=${BASH_REMATCH[1]}
}

stopping=0
stop_traffic() {
    [ "$stopping" = 0 ] || return 0
    stopping=1
    printf '\nending...\n'
    [ -z "$traffic" ] || kill -TERM "$traffic" 2>/dev/null
}
trap stop_traffic INT TERM HUP

for program in "$rtmd" "$rtm"; do
    [ -x "$program" ] || fail "$program is not built (make)"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/rtm-demo.XXXXXX") || exit 1
umask 077
od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$work/secret"
cat >"$work/rtmd.conf" <<EOF
[gate]
listen = 127.0.0.1:0
store = sqlite:$work/store.db

[project $pid]
secret-file = $work/secret
EOF
mkfifo "$work/ready" "$work/heard" "$work/status" "$work/summary" || exit 1

# The gate: a line on descriptor 3 when it serves.
"$rtmd" --config "$work/rtmd.conf" --ready-fd 3 3>"$work/ready" 2>"$work/rtmd.log" >&2 &
gate=$!
IFS= read -r -t "$patience" ready <"$work/ready" || fail "the gate did not start"
[[ $ready =~ fpnn=([^ ]+) ]] || fail "the gate said: $ready"
endpoint=${BASH_REMATCH[1]}
connection=(--gate "$endpoint" --pid "$pid" --secret-file "$work/secret")

# The listener: messages on 4, the word "ready" on 5.
"$rtm" listen --all --ready -q -o text "${connection[@]}" >"$work/heard" 2>"$work/status" &
listener=$!
exec 4<"$work/heard" 5<"$work/status"
IFS= read -r -t "$patience" -u 5 line || fail "the listener did not start"
[ "$line" = ready ] || fail "the listener said: $line"

cat <<EOF
A gate serves on $endpoint. Join from another terminal:

  $rtm listen --all ${connection[*]}
  $rtm send group 1 hello --from 42 ${connection[*]}

EOF
if [ -n "${DEMO_SECONDS:-}" ]; then
    printf 'Simulated traffic for %s seconds, as the listener prints it:\n\n' "$DEMO_SECONDS"
else
    printf 'Simulated traffic until Ctrl-C, as the listener prints it:\n\n'
fi

# The traffic: its summary on 6, which ends when it ends.
"$rtm" simulate --seed "$RANDOM" --rate "${DEMO_RATE:-20}" ${DEMO_SECONDS:+--for "${DEMO_SECONDS}s"} \
    -q --summary-fd 7 "${connection[@]}" 7>"$work/summary" 4<&- 5<&- &
traffic=$!
exec 6<"$work/summary"
[ "$stopping" = 0 ] || kill -TERM "$traffic" # Ctrl-C came before it was there

heard=0 guests=0 # lines of the listener
summary='' field=''
accepted=-1 deadline=0
part='' # the beginning of a line

# Print and count one line of the listener: TIME KIND ID from UID TYPE: TEXT
take_line() {
    local words
    printf '  | %s\n' "$1"
    read -r -a words <<<"$1"
    if [ "${words[4]:-0}" -ge "$first_user" ] 2>/dev/null; then
        heard=$((heard + 1))
    else
        guests=$((guests + 1))
    fi
}

# One more line of the listener, waiting a little; false at its end.
listen_on() {
    IFS= read -r -t 0.2 -u 4 line
    case $? in
    0)
        take_line "$part$line"
        part=
        ;;
    1) return 1 ;;
    *) part=$part$line ;; # time is over; what came of a line is kept
    esac
}

while [ "$heard" -ne "$accepted" ]; do
    listen_on || fail "the listener ended: $(timeout 1 cat <&5)"
    if [ "$accepted" -lt 0 ] && read -t 0 -u 6; then
        IFS= read -r -u 6 summary || fail "the simulation ended without a summary"
        find_field accepted
        accepted=$field
        deadline=$((SECONDS + patience))
    fi
    [ "$accepted" -lt 0 ] || [ "$SECONDS" -le "$deadline" ] || break
done

# No more must come: the listener is ended, and the rest of its output counted.
kill -TERM "$listener" 2>/dev/null
while listen_on; do :; done
wait "$listener"
wait "$traffic"
kill -TERM "$gate" 2>/dev/null
wait "$gate"
gate_result=$?
gate='' listener='' traffic=''

printf '\naccepted by the gate: %s\nprinted by the listener: %s\n' "$accepted" "$heard"
[ "$guests" = 0 ] || printf 'besides, from other terminals: %s\n' "$guests"
for name in refused failed; do
    find_field "$name"
    [ "$field" = 0 ] || fail "not all was accepted: $summary"
done
[ "$heard" = "$accepted" ] || fail "the numbers differ"
[ "$gate_result" = 0 ] || fail "the gate ended with $gate_result"
