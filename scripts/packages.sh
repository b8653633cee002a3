# Sourced by the scripts in the root: installs Debian packages that are missing, and is quick when none is.

# need_packages NAME...: installs those that are not there yet; says so, and says what to do when it cannot.
need_packages() {
    local missing=()
    local name
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0

    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "These Debian packages are needed: ${missing[*]} (install them as root)" >&2; return 1; }
        sudo=(sudo)
    fi

    echo "Installing ${missing[*]} ..." >&2
    local log
    log=$(mktemp)
    if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "Installing ${missing[*]} failed; the whole log is in $log" >&2
        return 1
    fi
    rm -f "$log"
}

# need_dotnet: the .NET SDK of global.json.
need_dotnet() {
    command -v dotnet >/dev/null && dotnet --version >/dev/null 2>&1 && return 0
    echo "The .NET SDK named in global.json is needed: https://dotnet.microsoft.com/download" >&2
    return 1
}
