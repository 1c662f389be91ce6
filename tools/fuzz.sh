#!/bin/sh
# Run each fuzzer of a build for some seconds, from the seeds and old findings of the project. What
# it finds that is new stays in BUILD/corpus, what breaks in BUILD/findings; ends with 1 if any does.
#
#   tools/fuzz.sh BUILD SECONDS
set -eu

build=${1:?a build folder}
seconds=${2:?seconds for each target}
source=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$build/findings"
result=0

while read -r target; do
    corpus=$build/corpus/$target
    mkdir -p "$corpus"
    set -- "$source/fuzz/seeds/$target"
    [ -d "$source/fuzz/regress/$target" ] && set -- "$@" "$source/fuzz/regress/$target"
    echo "fuzz: $target, $seconds s"
    log=$build/findings/$target.log
    if "$build/bin/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target-" "$corpus" "$@" >"$log" 2>&1; then
        grep -E 'number_of_executed_units|new_units_added' "$log" | sed 's/^stat:: */  /'
    else
        echo "fuzz: $target has found something: $log" >&2
        tail -n 20 "$log" >&2
        result=1
    fi
done <"$build/fuzzers.txt"
exit $result
