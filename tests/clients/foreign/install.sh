#!/bin/sh
# Installs the clients that others wrote, for the conformance kit: those of PyPI into an environment, those of npm into
# a folder, once for each set of pinned versions.
#
# Usage: install.sh [FOLDER], which is the target folder's `clients` unless given. It needs python3 (3.11 or later) with
# venv, node and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
clients=${1:-$here/../../../target/clients}

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "the clients of PyPI need Python 3.11 or later; this is $(python3 -V 2>&1)" >&2
    exit 1
fi

# Seconds for a step: a slow registry on a small machine.
limit=600

# limited COMMAND...: ends a command that takes longer. Not every system has `timeout`.
limited() {
    python3 -c '
import subprocess, sys
try:
    sys.exit(subprocess.run(sys.argv[2:], timeout=float(sys.argv[1])).returncode)
except subprocess.TimeoutExpired:
    sys.exit(f"{sys.argv[2]} took longer than {sys.argv[1]} s")
' $limit "$@"
}

# Whether FOLDER has what was installed from these PINS, which are remembered in it as the last step.
is_installed() {
    [ -f "$1/pins" ] && [ "$2" = "$(cat "$1/pins")" ]
}

pins="$(python3 -VV) $(cat "$here/python/requirements.txt")"
if ! is_installed "$clients/python" "$pins"; then
    rm -rf "$clients/python"
    mkdir -p "$clients"
    limited python3 -m venv "$clients/python"
    limited "$clients/python/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --requirement "$here/python/requirements.txt"
    echo "$pins" >"$clients/python/pins"
fi

pins="$(node --version) $(cat "$here/npm/package-lock.json")"
if ! is_installed "$clients/npm" "$pins"; then
    rm -rf "$clients/npm"
    mkdir -p "$clients/npm"
    cp "$here/npm/package.json" "$here/npm/package-lock.json" "$clients/npm"
    # One of them asks for a later Node.js than it needs, and npm says so.
    limited npm ci --prefix "$clients/npm" --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    echo "$pins" >"$clients/npm/pins"
fi
