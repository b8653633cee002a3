# Sourced by test.sh: makes a Debian 13 root with the newest OpenSSH that people have, once for a machine.

POSTERN_DEBIAN13=${POSTERN_DEBIAN13:-/var/cache/postern/debian13}
export POSTERN_DEBIAN13

need_debian13() {
    [ -x "$POSTERN_DEBIAN13/usr/bin/ssh" ] && return 0
    need_packages debootstrap
    echo "Making a Debian 13 root for OpenSSH 10 in $POSTERN_DEBIAN13 ..." >&2
    local log fresh=$POSTERN_DEBIAN13.new
    log=$(mktemp)
    rm -rf "$fresh"
    mkdir -p "$(dirname "$POSTERN_DEBIAN13")"
    if ! debootstrap --variant=minbase --include=openssh-client trixie "$fresh" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        return 1
    fi
    rm -rf "$POSTERN_DEBIAN13" "$log"
    mv "$fresh" "$POSTERN_DEBIAN13"
}
