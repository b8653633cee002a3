#!/usr/bin/env bash
# Starts all of Postern on this machine and puts you at a prompt inside an app.
#
#   ./demo.sh           with a terminal: logs in for you and leaves you in the app; leaving the shell stops everything
#   ./demo.sh --check   without a person: runs the whole path, prints a line for each step, exits 0 only if all held
set -uo pipefail
cd "$(dirname "$0")"
. scripts/packages.sh

check=0
case "${1:-}" in
    --check) check=1 ;;
    "") [ -t 0 ] || check=1 ;;
    *) echo "Usage: ./demo.sh [--check]" >&2; exit 2 ;;
esac

project=abcdefg123456
email=demo@postern.test
failures=0
server_pid=''

ok() { printf 'ok %s\n' "$*"; }
bad() { printf 'FAILED %s\n' "$*"; failures=$((failures + 1)); }
# expect WHAT HAVE WANT: one step that compares.
expect() { if [ "$2" = "$3" ]; then ok "$1: $3"; else bad "$1: expected '$3', saw '$2'"; fi; }
# stop_early WHY: nothing after this could hold.
stop_early() { bad "$*"; [ -f "$state/server.log" ] && { echo "--- the server's last lines"; tail -n 30 "$state/server.log"; }; exit 1; }
# within SECONDS COMMAND...: waits until the command holds.
within() {
    local until=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { local port=$1; while listening "$port"; do port=$((port + 1)); done; echo "$port"; }

need_dotnet || exit 1
need_packages bubblewrap util-linux openssh-client postgresql postgresql-client redis-server redis-tools chromium \
    fonts-dejavu-core jq procps || exit 1
[ $check -eq 0 ] || need_packages tmux || exit 1

state=$(mktemp -d /tmp/postern-demo.XXXXXX)
chmod 755 "$state"
mkdir -m 700 "$state/home"
export POSTERN_HOME=$state/home DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
unset POSTERN_TOKEN SSH_AUTH_SOCK DISPLAY

stop_server() {
    [ -n "$server_pid" ] || return 0
    kill "$server_pid" 2>/dev/null
    within 30 sh -c "! kill -0 $server_pid" || kill -9 "$server_pid" 2>/dev/null
    wait "$server_pid" 2>/dev/null
    server_pid=''
}
cleanup() {
    if [ -x artifacts/bin/postern ]; then artifacts/bin/postern tunnel:close --all --yes >/dev/null 2>&1; fi
    stop_server
    rm -rf "$state"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- Build
./build.sh >"$state/build.log" 2>&1 || { tail -n 30 "$state/build.log"; stop_early "build"; }
dotnet build tests/Browser -c Release --nologo -v quiet -o artifacts/browser >"$state/browser.log" 2>&1 \
    || { tail -n 30 "$state/browser.log"; stop_early "build of the browser driver"; }
export PATH=$PWD/artifacts/bin:$PATH
ok "built: $(postern --version), $(postern-server --version)"

# --- Server
http_port=$(free_port 8080)
ssh_port=$(free_port 2222)
cat >"$state/server.yaml" <<YAML
data_directory: $state/data
http:
  listen: 127.0.0.1:$http_port
  public_url: http://127.0.0.1:$http_port
ssh:
  listen: 127.0.0.1:$ssh_port
  client_port: $ssh_port
YAML
postern-server init --config "$state/server.yaml" >"$state/init.log" 2>&1 || { cat "$state/init.log"; stop_early "postern-server init"; }
password=$(postern-server user add "$email" --first-name Demo --last-name Person --config "$state/server.yaml" 2>"$state/user.log" | sed -n 's/^Password: //p')
[ -n "$password" ] || { cat "$state/user.log"; stop_early "postern-server user add"; }
ok "user created: $email"
postern-server apply demo/environments.yaml --config "$state/server.yaml" >"$state/apply.log" 2>&1 || { cat "$state/apply.log"; stop_early "postern-server apply"; }
ok "deployed: $(tail -n 1 "$state/apply.log")"
postern-server serve --config "$state/server.yaml" >"$state/server.log" 2>&1 &
server_pid=$!
within 60 listening "$ssh_port" && within 30 listening "$http_port" || stop_early "server up"
ok "server up: http on $http_port, ssh on $ssh_port"

# --- Login, through the real page in a real browser
# The command asks for a person at a terminal, so it gets one (script, of the essential package bsdutils) that says yes.
script -qefc "postern login --server http://127.0.0.1:$http_port --browser 0" "$state/login.log" >/dev/null <<<y &
login_pid=$!
within 20 grep -qE 'http://127\.0\.0\.1:50[01][0-9]' "$state/login.log" || { cat "$state/login.log"; stop_early "login page"; }
login_url=$(tr -d '\r' <"$state/login.log" | grep -oE 'http://127\.0\.0\.1:50[01][0-9]' | head -n 1)
if ! artifacts/browser/postern-browser "$login_url" "$email" <<<"$password" >"$state/browser-run.log" 2>&1; then
    cat "$state/browser-run.log" "$state/login.log"; stop_early "login in the browser"
fi
wait "$login_pid" || { cat "$state/login.log"; stop_early "postern login"; }
ok "login completed in Chromium: $(grep -oE 'page: .*' "$state/browser-run.log" | sed 's/page: //' | paste -sd '>' | sed 's/>/ > /g')"

if [ $check -eq 0 ]; then
    cat <<TEXT

You are about to enter the app. The web pages are at http://127.0.0.1:$http_port ($email, password $password).
Things to try at the prompt:
  1. echo \$PLATFORM_RELATIONSHIPS | base64 -d      the services beside the app and their credentials
  2. ls -la /app ; touch /app/x ; touch /app/var/x  read-only but for the mounts
  3. ps ax                                          only this app's own processes
  4. From a second terminal: export POSTERN_HOME=$POSTERN_HOME PATH=$PWD/artifacts/bin:\$PATH; postern tunnel:open
  5. exit                                           stops everything that was started

TEXT
    postern ssh -p $project -e main -A app
    exit $?
fi

# --- Certificate
user_id=$(postern auth:info id)
expect "certificate: key id is the user id" "$(postern ssh-cert:info -P key_id)" "$user_id"
certificate=$(postern ssh-cert:info -P filename)
left=$(($(date -d "$(postern ssh-cert:info -P valid_before)" +%s) - $(date +%s)))
if [ $left -gt 3400 ] && [ $left -le 3660 ]; then ok "certificate: valid for another $left s"; else bad "certificate: valid for another $left s, expected about 3600"; fi
ssh-keygen -L -f "$certificate" >"$state/certificate.txt" 2>&1 \
    && grep -q "$user_id" "$state/certificate.txt" && ok "certificate: ssh-keygen reads it" || { cat "$state/certificate.txt"; bad "certificate: ssh-keygen"; }

# --- Sessions
destination=$(postern ssh -p $project -e main -A app --pipe)
stock() { ssh -F "$POSTERN_HOME/.ssh/config" -o BatchMode=yes -o ConnectTimeout=20 "$@"; }
said=$(postern ssh -p $project -e main -A app -- 'whoami; hostname; pwd; exit 7' 2>"$state/ssh.log"); status=$?
expect "postern ssh: user, host name, folder" "$(paste -sd ' ' <<<"$said")" "web app.0 /app"
expect "postern ssh: exit status" "$status" 7
said=$(stock "$destination" 'whoami; hostname; exit 7' 2>"$state/ssh.log"); status=$?
expect "plain ssh $destination" "$(paste -sd ' ' <<<"$said")" "web app.0"
expect "plain ssh: exit status" "$status" 7
expect "plain ssh: nothing on stderr, no host-key question" "$(cat "$state/ssh.log")" ""
said=$(postern ssh -p $project -e main --worker queue -- 'echo $PLATFORM_APPLICATION_NAME; hostname' 2>/dev/null)
expect "a worker has its own place" "$(paste -sd ' ' <<<"$said")" "app--queue app--queue.0"

# --- A terminal
term() { tmux -L "postern-demo-$$" "$@"; }
term -f /dev/null new-session -d -x 80 -y 24 "ssh -F '$POSTERN_HOME/.ssh/config' -t $destination"
screen_has() { term capture-pane -p | grep -qE "$1"; }
if within 20 screen_has '^web@app\.0:~\$'; then
    ok "terminal: prompt $(term capture-pane -p | grep -E '^web@' | tail -n 1)"
    term capture-pane -p | grep -q 'This is environment main' && ok "terminal: the welcome names environment and project" || bad "terminal: no welcome"
    term resize-window -x 132 -y 43
    term send-keys 'stty size' Enter
    within 10 screen_has '^43 132' && ok "terminal: stty size after a resize says 43 132" || { term capture-pane -p; bad "terminal: stty size"; }
    term send-keys 'sleep 100' Enter; sleep 0.3; term send-keys C-z
    within 10 screen_has 'Stopped' && ok "terminal: job control stops a job" || bad "terminal: job control"
else
    term capture-pane -p; bad "terminal: no prompt"
fi
term kill-server 2>/dev/null

# --- The refresh hook: an expired certificate is replaced while a plain ssh runs
ssh-keygen -q -t ed25519 -N '' -f "$state/other-ca"
old_serial=$(ssh-keygen -L -f "$certificate" | grep Serial)
ssh-keygen -q -s "$state/other-ca" -I "$user_id" -n "$user_id" -V -2h:-1h "${certificate%-cert.pub}.pub"
said=$(stock "$destination" 'echo in' 2>&1)
expect "an expired certificate is renewed by plain ssh" "$said" "in"
[ "$(ssh-keygen -L -f "$certificate" | grep Serial)" != "$old_serial" ] && postern ssh-cert:info --no-refresh >/dev/null 2>&1 \
    && ok "the certificate on disk is new and valid" || bad "the certificate on disk was not renewed"

# --- Tunnels
if postern tunnel:open -p $project -e main -A app --yes >"$state/tunnel.log" 2>&1; then
    ok "tunnel:open: $(grep -c 'SSH tunnel opened' "$state/tunnel.log") tunnels"
else
    cat "$state/tunnel.log"; bad "tunnel:open"
fi
encoded=$(postern tunnel:info --encode -p $project -e main -A app 2>/dev/null)
db_port=$(base64 -d <<<"$encoded" | jq -r '.database["0"].port')
kv_port=$(base64 -d <<<"$encoded" | jq -r '.cache["0"].port')
db_url=$(base64 -d <<<"$encoded" | jq -r '.database["0"] | "postgresql://\(.username):\(.password)@\(.host):\(.port)/\(.path)"')
kv_password=$(base64 -d <<<"$encoded" | jq -r '.cache["0"].password // ""')
expect "tunnel:info --encode: ports" "$(printf '%s\n' "$db_port" "$kv_port" | sort | paste -sd ' ')" "30000 30001"
rows=$(psql -qAt "$db_url" -c 'create table demo (n int)' -c 'insert into demo select generate_series(1, 1000)' -c 'select sum(n) from demo' 2>&1)
expect "psql through 127.0.0.1:$db_port creates, fills and reads a table" "$rows" "500500"
kv() { REDISCLI_AUTH=$kv_password redis-cli -h 127.0.0.1 -p "$kv_port" "$@"; }
kv set greeting hello >/dev/null 2>&1
expect "redis-cli through 127.0.0.1:$kv_port sets and gets" "$(kv get greeting 2>&1)" "hello"
head -c 200000000 /dev/urandom >"$state/bulk"
began=$(date +%s%N)
kv -x set bulk <"$state/bulk" >/dev/null 2>&1
up=$((($(date +%s%N) - began) / 1000000)); began=$(date +%s%N)
sum=$(kv --raw get bulk | head -c 200000000 | sha256sum | cut -d ' ' -f 1)
down=$((($(date +%s%N) - began) / 1000000))
expect "200 MB through a tunnel, up in $up ms and down in $down ms: hash" "$sum" "$(sha256sum <"$state/bulk" | cut -d ' ' -f 1)"
rm -f "$state/bulk"
postern tunnel:close --all --yes >"$state/close.log" 2>&1
within 5 sh -c "! (exec 3<>/dev/tcp/127.0.0.1/$db_port) 2>/dev/null" ; listening "$db_port" || listening "$kv_port" && bad "tunnel:close: ports still taken" || ok "tunnel:close: the ports are free"

# --- Logout closes the door, for copies of the certificate too
cp -r "$(dirname "$certificate")" "$state/stolen"
stolen() { ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$POSTERN_HOME/.postern/ssh/host-keys" \
    -o HostName=127.0.0.1 -o Port="$ssh_port" -o IdentityFile="$state/stolen/id_ed25519" \
    -o CertificateFile="$state/stolen/id_ed25519-cert.pub" "$destination" "$@"; }
expect "a copy of the certificate works before logout" "$(stolen 'echo in' 2>"$state/stolen.log")" "in"
postern logout >"$state/logout.log" 2>&1 || { cat "$state/logout.log"; bad "logout"; }
said=$(stolen 'echo in' 2>"$state/stolen.log"); status=$?
if [ "$status" -eq 255 ] && [ -z "$said" ] && grep -q 'PST-203' "$state/stolen.log"; then
    ok "after logout the certificate no longer opens the door: $(grep -E '^(Error|Code):' "$state/stolen.log" | paste -sd ' ')"
else
    cat "$state/stolen.log"; bad "after logout: status $status, said '$said'"
fi

# --- Everything stops
stop_server
left=$(pgrep -f "$state" | grep -vx "$$" | paste -sd ' ')
expect "all that was started is stopped" "$left" ""
[ $failures -eq 0 ] && echo "All steps held." || { echo "$failures step(s) failed."; exit 1; }
