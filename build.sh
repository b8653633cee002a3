#!/bin/bash
# Leaves runnable programs in artifacts/bin/postern and artifacts/bin/postern-server.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
bin=$PWD/artifacts/bin
mkdir -p "$bin"

# True when the program is newer than everything it is made of.
is_current() {
  local program=$1
  shift
  [ -e "$program" ] && [ -z "$(find "$@" -newer "$program" -type f -not -path '*/bin/*' -not -path '*/obj/*' -print -quit)" ]
}

rid() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo linux-x64 ;;
    Linux-aarch64) echo linux-arm64 ;;
    Darwin-arm64) echo osx-arm64 ;;
    Darwin-x86_64) echo osx-x64 ;;
    *) echo "Unknown machine: $(uname -sm)" >&2; exit 1 ;;
  esac
}

# The ahead-of-time compiler needs a linker and zlib.
install_native_tools() {
  [ "$(uname -s)" = Linux ] || return 0
  local missing=()
  command -v clang >/dev/null || missing+=(clang)
  [ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "Installing ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null ||
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null; }
}

# The analyzers run in test.sh; here they would only make a newcomer wait.
# The packages of the compiler for net10.0 are not on every package source: docs/decisions/0004.
publish_cli() {
  local framework=$1 log=artifacts/cli-$1.log
  dotnet publish src/Postern.Cli -c Release -f "$framework" -r "$(rid)" -p:PosternAot=true \
    -o artifacts/cli -v quiet --nologo -p:RunAnalyzers=false >"$log" 2>&1
}

build_cli() {
  if is_current "$bin/postern" src/Postern.Cli src/Postern.Contracts Directory.Build.props Directory.Packages.props; then
    echo "postern is up to date"
    return
  fi

  install_native_tools
  local choice=artifacts/cli-framework
  local framework
  framework=$(cat "$choice" 2>/dev/null || echo net10.0)
  if [ "$framework" = net10.0 ] && publish_cli net10.0; then
    :
  else
    framework=net9.0
    publish_cli net9.0 || { cat artifacts/cli-net*.log >&2; exit 1; }
  fi

  echo "$framework" >"$choice"
  ln -sfn ../cli/postern "$bin/postern"
  touch artifacts/cli/postern
  echo "postern: Native AOT on $framework, $(du -h artifacts/cli/postern | cut -f1)"
}

build_server() {
  local target=artifacts/server/postern-server
  if is_current "$target" src Directory.Build.props Directory.Packages.props; then
    echo "postern-server is up to date"
  else
    # Compiled ahead, so that the first connections do not wait, and pay, for the just-in-time compiler.
    dotnet publish src/Postern.Server -c Release -r "$(rid)" --self-contained false -p:PublishReadyToRun=true \
      -o artifacts/server -v quiet --nologo -p:RunAnalyzers=false
    touch "$target"
    echo "postern-server: $(du -sh artifacts/server | cut -f1) in artifacts/server"
  fi

  ln -sfn ../server/postern-server "$bin/postern-server"
}

build_cli
build_server
