# Sourced by test.sh: installs the OAuth client libraries of tests/EndToEnd into artifacts/oauth-clients, as their lock file says.

need_oauth_clients() {
    command -v npm >/dev/null || need_packages npm
    local clients=tests/EndToEnd/oauth-clients built=$PWD/artifacts/oauth-clients
    mkdir -p "$built"
    cp "$clients"/*.mjs "$built/"
    if ! cmp -s "$clients/package-lock.json" "$built/package-lock.json" || [ ! -d "$built/node_modules/openid-client" ]; then
        cp "$clients"/package*.json "$built/"
        (cd "$built" && npm ci --ignore-scripts --no-audit --no-fund --silent)
    fi
}
