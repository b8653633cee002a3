# Sourced by test.sh: makes a Debian 13 root with the newest OpenSSH and OpenSSL that people have, once for a machine, and
# a server that runs in it.

POSTERN_DEBIAN13=${POSTERN_DEBIAN13:-/var/cache/postern/debian13}
export POSTERN_DEBIAN13

need_debian13() {
    # A root without a server is one of before, and made anew: apt-get would start the server, which debootstrap does not.
    [ -x "$POSTERN_DEBIAN13/usr/sbin/sshd" ] && return 0
    need_packages debootstrap
    echo "Making a Debian 13 root for OpenSSH 10 in $POSTERN_DEBIAN13 ..." >&2
    local log fresh=$POSTERN_DEBIAN13.new
    log=$(mktemp)
    rm -rf "$fresh"
    mkdir -p "$(dirname "$POSTERN_DEBIAN13")"
    if ! debootstrap --variant=minbase --include=openssh-client,openssh-server,libssl3t64,bubblewrap,util-linux trixie "$fresh" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        return 1
    fi
    rm -rf "$POSTERN_DEBIAN13" "$log"
    mv "$fresh" "$POSTERN_DEBIAN13"
}

# A server with its own .NET, for a root that has none.
need_self_contained() {
    local target=artifacts/self-contained/postern-server
    if [ -e "$target" ] && [ -z "$(find src Directory.Build.props Directory.Packages.props -name obj -prune -o -name bin -prune -o -type f -newer "$target" -print -quit)" ]; then
        return 0
    fi
    dotnet publish src/Postern.Server -c Release -r linux-x64 --self-contained -o artifacts/self-contained -v quiet --nologo -p:RunAnalyzers=false
    touch "$target"
}

# in_debian13 COMMAND...: runs a command in the root, with the repository at /mnt/postern and this machine's .NET at
# /mnt/dotnet; what is mounted goes with the command.
in_debian13() {
    local dotnet
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    unshare --mount --pid --fork --kill-child sh -c '
        set -e
        root=$1 repository=$2 dotnet=$3
        shift 3
        mount -t tmpfs tmpfs "$root/mnt"
        mkdir "$root/mnt/postern" "$root/mnt/dotnet" "$root/mnt/home"
        mount --bind "$repository" "$root/mnt/postern"
        mount --bind "$dotnet" "$root/mnt/dotnet"
        mount -t proc proc "$root/proc"
        exec chroot "$root" env HOME=/mnt/home TMPDIR=/mnt/home DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 \
            DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 "$@"' sh "$POSTERN_DEBIAN13" "$PWD" "$dotnet" "$@"
}
