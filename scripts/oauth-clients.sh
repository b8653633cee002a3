# Sourced by test.sh: installs what the tests need of npm below artifacts, as the lock files say.

# The OAuth client libraries of tests/EndToEnd.
need_oauth_clients() { need_npm_folder tests/EndToEnd/oauth-clients; }

# The OpenID Connect provider of tests/Web.
need_oidc_provider() { need_npm_folder tests/Web/oidc-provider; }

# need_npm_folder FOLDER: its programs and the packages of its lock file, in the folder of that name below artifacts.
need_npm_folder() {
    command -v npm >/dev/null || need_packages npm
    local folder=$1 built=$PWD/artifacts/$(basename "$1")
    mkdir -p "$built"
    cp "$folder"/*.mjs "$built/"
    # npm writes the second file when it has installed everything.
    if ! cmp -s "$folder/package-lock.json" "$built/package-lock.json" || [ ! -e "$built/node_modules/.package-lock.json" ]; then
        cp "$folder"/package*.json "$built/"
        (cd "$built" && npm ci --ignore-scripts --no-audit --no-fund --silent)
    fi
}
