#!/bin/sh
# Logins through the emulator by clients that others wrote: wechatpy of PyPI, wechat-oauth of npm, and curl.
#
# The clients are installed under the target folder, once for each set of pinned versions. Their logins stay on this
# machine. It needs cargo, python3 with venv, node, npm and curl. With the argument `install` it does no more than that.
# WECHAT_OAUTH_COMMAND names the program `wechat-oauth` where it is built already.
set -eu
cd "$(dirname "$0")/../.."
here=tests/foreign
target=${CARGO_TARGET_DIR:-target}
installed=$target/foreign

# Limits, in seconds. A build from nothing on a small machine, a slow registry, and what takes a few seconds.
build_limit=1800
install_limit=600
client_limit=120
start_limit=20
stop_limit=5

# limited SECONDS COMMAND...: ends a command that takes longer. Not every system has `timeout`.
limited() {
    python3 -c '
import subprocess, sys
try:
    sys.exit(subprocess.run(sys.argv[2:], timeout=float(sys.argv[1])).returncode)
except subprocess.TimeoutExpired:
    sys.exit(f"{sys.argv[2]} took longer than {sys.argv[1]} s")
' "$@"
}

# Whether FOLDER has what was installed from these PINS, which are remembered in it as the last step.
is_installed() {
    [ -f "$1/pins" ] && [ "$2" = "$(cat "$1/pins")" ]
}

install_wechatpy() {
    pins="$(python3 -VV) $(cat $here/wechatpy/requirements.txt)"
    if ! is_installed "$installed/wechatpy" "$pins"; then
        rm -rf "$installed/wechatpy"
        limited $install_limit python3 -m venv "$installed/wechatpy"
        limited $install_limit "$installed/wechatpy/bin/python" -m pip install --quiet --disable-pip-version-check \
            --no-deps --requirement $here/wechatpy/requirements.txt
        echo "$pins" >"$installed/wechatpy/pins"
    fi
}

install_npm_client() {
    pins="$(node --version) $(cat $here/npm/package-lock.json)"
    if ! is_installed "$installed/npm" "$pins"; then
        rm -rf "$installed/npm"
        mkdir -p "$installed/npm"
        cp $here/npm/package.json $here/npm/package-lock.json "$installed/npm"
        limited $install_limit npm ci --prefix "$installed/npm" --ignore-scripts --no-audit --no-fund --loglevel=error \
            >/dev/null
        echo "$pins" >"$installed/npm/pins"
    fi
}

start_emulator() {
    # There before it is read: the shell opens it again only once the emulator runs.
    : >"$run/announcement"
    "${WECHAT_OAUTH_COMMAND:-$target/debug/wechat-oauth}" emulator >"$run/announcement" &
    emulator=$!
    waited=0
    # Its first line is whole once it ends.
    until [ "$(wc -l <"$run/announcement")" -ge 1 ]; do
        if ! kill -0 "$emulator" 2>/dev/null || [ $waited -ge $start_limit ]; then
            echo 'FAILED  emulator: it did not say where it listens'
            exit 1
        fi
        sleep 1
        waited=$((waited + 1))
    done
}

clean_up() {
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null || true
        waited=0
        while kill -0 "$emulator" 2>/dev/null; do
            if [ $waited -ge $stop_limit ]; then
                kill -9 "$emulator" 2>/dev/null || true
                break
            fi
            sleep 1
            waited=$((waited + 1))
        done
    fi
    rm -rf "$run"
}

emulator=
run=$(mktemp -d)
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$installed"
install_wechatpy
install_npm_client
if [ "${1:-}" = install ]; then
    exit
fi
if [ -z "${WECHAT_OAUTH_COMMAND:-}" ]; then
    limited $build_limit cargo build --quiet --locked -p wechat-oauth-cli
fi
start_emulator

# A proxy is for the registries above.
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
failures=0
limited $client_limit "$installed/wechatpy/bin/python" -I -B $here/wechatpy/login.py "$run/announcement" ||
    failures=$((failures + 1))
NODE_PATH=$installed/npm/node_modules limited $client_limit node $here/npm/login.js "$run/announcement" ||
    failures=$((failures + 1))
limited $client_limit sh $here/curl.sh "$run/announcement" || failures=$((failures + 1))
if [ $failures -ne 0 ]; then
    echo "$failures of 3 clients failed"
    exit 1
fi
