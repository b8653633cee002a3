#!/usr/bin/env bash
# Measures Postern beside a real sshd on this machine in one run: ./bench.sh [tunnel|exec|latency|connections|rates|keystrokes|idle|longline|startup|allocations|login].
# ./bench.sh idle 600 has the idle connections stay for ten minutes.
# Prints ratios and keeps the table in bench/results; it never passes or fails by time.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/packages.sh

need_dotnet
need_packages openssh-client openssh-server bubblewrap util-linux procps
[ "${1:-}" != login ] || need_packages postgresql postgresql-client sqlite3
./build.sh >&2
dotnet build bench/Postern.Bench -c Release --nologo -v quiet -o artifacts/bench >&2
result=bench/results/$(date -u +%Y-%m-%d)${1:+-$1}.md
artifacts/bench/postern-bench artifacts/bin "$result" "$@"
echo "Kept in $result" >&2
