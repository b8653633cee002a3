#!/usr/bin/env bash
# Runs the tests: ./test.sh [unit|conformance|e2e|interop|web]; with no argument all of them.
# ./test.sh fuzz [DURATION] feeds every decoder and whole connections with hostile input, for 5 minutes or as long as is
# said: 90s, 30m, 8h. Inputs that break something are kept in artifacts/fuzz.
# ./test.sh --record records the transcripts of tests/Conformance anew, to be reviewed in the diff.
# Installs what they need, and ends with the line "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")"
. scripts/packages.sh
. scripts/debian13.sh
. scripts/interop.sh
. scripts/oauth-clients.sh

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
part=${1:-all}
passed=0 failed=0 skipped=0 broken=0

usage() {
    echo "Usage: ./test.sh [unit|conformance|e2e|interop|web|fuzz [DURATION]|--record]" >&2
    exit 2
}

# run_project FOLDER [FILTER]: one test project, its counts added to the totals.
run_project() {
    run_tests "$(basename "$1")" dotnet test "$1" --no-build --nologo ${2:+--filter "$2"}
}

# run_newest_openssl: the transport's tests once more where there is ML-KEM, and ML-KEM with OpenSSH's client and server.
run_newest_openssl() {
    run_tests "Postern.Ssh.Tests with the OpenSSL of Debian 13" in_debian13 /mnt/dotnet/dotnet test \
        /mnt/postern/tests/Postern.Ssh.Tests/bin/Debug/net10.0/Postern.Ssh.Tests.dll --nologo --filter FullyQualifiedName~Transport
    run_tests "Conformance with the OpenSSH of Debian 13" in_debian13 /mnt/dotnet/dotnet test \
        /mnt/postern/tests/Conformance/bin/Debug/net10.0/Conformance.dll --nologo --filter DisplayName~mlkem768x25519
}

# run_tests NAME COMMAND...: a test run, its counts added to the totals.
run_tests() {
    local project=$1 output status=0
    shift
    output=$(mktemp)
    echo "== $project"
    "$@" 2>&1 | tee "$output" | grep -vE '^\s*$|^Test run for|^A total of|VSTest version' || true
    status=${PIPESTATUS[0]}
    local line
    line=$(grep -oE 'Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+' "$output" | tail -n 1 || true)
    if [ -n "$line" ]; then
        read -r f p s < <(sed -E 's/[^0-9]+/ /g' <<<"$line")
        failed=$((failed + f)) passed=$((passed + p)) skipped=$((skipped + s))
        [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || broken=1
    else
        echo "no result from $project" >&2
        broken=1
    fi
    rm -f "$output"
}

# run_demo: the whole path as a person takes it; each step counts as a test.
run_demo() {
    local output
    output=$(mktemp)
    echo "== demo.sh --check"
    ./demo.sh --check 2>&1 | tee "$output" || broken=1
    passed=$((passed + $(grep -c '^ok ' "$output" || true)))
    failed=$((failed + $(grep -c '^FAILED ' "$output" || true)))
    rm -f "$output"
}

# run_fuzz DURATION: each target counts as a test.
run_fuzz() {
    local output
    output=$(mktemp)
    echo "== fuzz for $1"
    dotnet tests/Fuzz/bin/Debug/net10.0/Fuzz.dll "$1" 2>&1 | tee "$output" || broken=1
    passed=$((passed + $(grep -c '^ok ' "$output" || true)))
    failed=$((failed + $(grep -cE '^(FAILED|HANG) ' "$output" || true)))
    rm -f "$output"
}

unit() {
    for project in tests/*.Tests; do
        run_project "$project"
    done
}

case $part in
    all | unit | conformance | e2e | interop | web | fuzz | --record) ;;
    *) usage ;;
esac

need_dotnet
need_packages bubblewrap util-linux openssh-client openssh-server openssh-sftp-server postgresql postgresql-client redis-server redis-tools procps iproute2 git dropbear-bin haproxy nginx-light libnginx-mod-stream python3-aiosmtpd ssh-audit
case $part in
    all | web | e2e) need_packages chromium fonts-dejavu-core zbar-tools ;;
esac
case $part in
    all | e2e) need_packages sqlite3 tmux jq ;;
esac
case $part in
    all | e2e | interop)
        need_debian13
        need_self_contained
        ;;
esac
case $part in
    all | e2e | interop | web) ./build.sh ;;
esac
case $part in
    all | interop) need_interop ;;
esac
case $part in
    all | e2e) need_oauth_clients ;;
esac
case $part in
    all | web) need_oidc_provider ;;
esac

dotnet build Postern.slnx --nologo -v quiet

case $part in
    unit) unit ;;
    conformance) run_project tests/Conformance ;;
    interop) run_project tests/Interop ;;
    web) run_project tests/Web ;;
    e2e) run_project tests/EndToEnd && run_newest_openssl && run_demo ;;
    fuzz) run_fuzz "${2:-5m}" ;;
    --record) POSTERN_RECORD=1 run_project tests/Conformance FullyQualifiedName~TranscriptTests ;;
    all)
        unit
        run_project tests/Conformance
        run_project tests/Web
        run_project tests/EndToEnd
        run_newest_openssl
        run_project tests/Interop
        run_demo
        ;;
esac

[ "$passed" -gt 0 ] || broken=1
[ "$broken" -eq 0 ] || [ "$failed" -gt 0 ] || { echo "a test run ended without saying why" >&2; failed=$((failed + 1)); }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
