# Sourced by test.sh: installs the SSH clients of tests/Interop, and builds their drivers into artifacts/interop.

INTEROP_CLIENTS=(
    openssh-client rsync sshfs fuse3 putty-tools dropbear-bin python3-asyncssh python3-paramiko
    golang-go golang-golang-x-crypto-dev default-jdk-headless libjsch-java ruby-net-ssh ruby-net-scp ruby-net-sftp
    libnet-ssh2-perl curl
)

need_interop() {
    need_packages "${INTEROP_CLIENTS[@]}"
    command -v npm >/dev/null || need_packages npm
    local clients=tests/Interop/clients built=$PWD/artifacts/interop
    mkdir -p "$built"/{ssh2,openssh10,jsch}

    # OpenSSH 10 runs with the libraries of its own Debian, but sees the files of this one.
    local program
    for program in ssh scp sftp; do
        cat >"$built/openssh10/$program" <<SCRIPT
#!/bin/sh
exec $POSTERN_DEBIAN13/lib64/ld-linux-x86-64.so.2 --library-path $POSTERN_DEBIAN13/usr/lib/x86_64-linux-gnu $POSTERN_DEBIAN13/usr/bin/$program "\$@"
SCRIPT
        chmod +x "$built/openssh10/$program"
    done

    # Debian's Go libraries are found as they are installed, without modules; GOFLAGS of the machine must not turn those on.
    GOFLAGS='' GO111MODULE=off GOPATH=/usr/share/gocode go build -o "$built/go-driver" "$clients/go/driver.go"

    javac -cp /usr/share/java/jsch.jar -d "$built/jsch" "$clients/jsch/Driver.java"

    if ! cmp -s "$clients/ssh2/package.json" "$built/ssh2/package.json" || [ ! -d "$built/ssh2/node_modules/ssh2" ]; then
        cp "$clients/ssh2/package.json" "$built/ssh2/"
        (cd "$built/ssh2" && npm install --ignore-scripts --omit=optional --no-package-lock --no-audit --no-fund --silent)
    fi
}
