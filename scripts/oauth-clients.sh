# Sourced by test.sh: installs what the tests need of npm below artifacts, as the lock files say.

# The OAuth client libraries of tests/EndToEnd, in artifacts/oauth-clients.
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

# The OpenID Connect provider of tests/Web, in artifacts/oidc-provider, as its lock file says.
need_oidc_provider() {
    command -v npm >/dev/null || need_packages npm
    local provider=tests/Web/oidc-provider built=$PWD/artifacts/oidc-provider
    mkdir -p "$built"
    cp "$provider"/*.mjs "$built/"
    if ! cmp -s "$provider/package-lock.json" "$built/package-lock.json" || [ ! -d "$built/node_modules/oidc-provider" ]; then
        cp "$provider"/package*.json "$built/"
        (cd "$built" && npm ci --ignore-scripts --no-audit --no-fund --silent)
    fi
}
