#!/bin/sh
# Builds the wheel, installs it where nothing else is, and tests it from there.
#
#   check.sh [install]
#
# With `install` it stops once the package is there: site/bin/python in WECHAT_OAUTH_WORK finds it. That folder
# (target/languages/python unless told) has the environments and the wheels, cargo's is CARGO_TARGET_DIR.
# WECHAT_OAUTH_COMMAND and WECHAT_OAUTH_CASES name the programs `wechat-oauth` and `cases`, which the tests start. What
# has not changed since the last time is not made again.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
work=${WECHAT_OAUTH_WORK:-$CARGO_TARGET_DIR/languages/python}
PYTHONDONTWRITEBYTECODE=1
PIP_DISABLE_PIP_VERSION_CHECK=1
PIP_REQUIRE_VIRTUALENV=1
# Pyright is a program for Node, which its package fetches on its first run.
PYRIGHT_PYTHON_CACHE_DIR=$work/pyright
PYRIGHT_PYTHON_IGNORE_WARNINGS=1
export CARGO_TARGET_DIR PYTHONDONTWRITEBYTECODE PIP_DISABLE_PIP_VERSION_CHECK PIP_REQUIRE_VIRTUALENV
export PYRIGHT_PYTHON_CACHE_DIR PYRIGHT_PYTHON_IGNORE_WARNINGS
mkdir -p "$work"
work=$(CDPATH='' cd -- "$work" && pwd)

# One run at a time: two would take each other's wheel away.
if [ -z "${WECHAT_OAUTH_ALONE:-}" ] && command -v flock >/dev/null; then
    WECHAT_OAUTH_ALONE=1 WECHAT_OAUTH_WORK=$work exec flock --close "$work/lock" sh "$here/check.sh" "$@"
fi

# environment NAME: the virtual environment $work/NAME, with what requirements/NAME.txt lists.
environment() {
    if ! cat "$here"/requirements/*.txt | cmp -s - "$work/$1/requirements.txt"; then
        rm -rf "${work:?}/$1"
        python3 -m venv "$work/$1"
        "$work/$1/bin/pip" install --quiet --only-binary :all: --requirement "$here/requirements/$1.txt"
        cat "$here"/requirements/*.txt >"$work/$1/requirements.txt"
    fi
}

# wheel NAME [ARGUMENT...]: the wheel, alone in a folder; its path goes into $wheel.
wheel() {
    folder=$work/$1
    shift
    rm -rf "$folder"
    "$work/tools/bin/maturin" build --quiet --release --locked --manifest-path "$here/Cargo.toml" \
        --out "$folder" "$@"
    wheel=$(echo "$folder"/*.whl)
}

# What is in the wheel, without what differs each time that it is built: its bill of materials.
contents() {
    python3 - "$wheel" <<'PROGRAM'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    for file in wheel.infolist():
        if "/sboms/" not in file.filename and not file.filename.endswith("/RECORD"):
            print(file.CRC, file.file_size, file.filename)
PROGRAM
}

install_wheel() {
    "$work/$1/bin/pip" install --quiet --no-index --no-deps --force-reinstall "$wheel"
}

environment tools
environment site
wheel wheel
contents >"$work/contents.new"
for name in tools site; do
    if ! cmp -s "$work/contents.new" "$work/$name/contents"; then
        install_wheel "$name"
        cp "$work/contents.new" "$work/$name/contents"
    fi
done
[ "${1:-}" != install ] || exit 0
# One that panics when it is asked to, in a folder of its own.
if ! cmp -s "$work/contents.new" "$work/panics/contents"; then
    built=$wheel
    wheel wheel-that-panics --features panic-for-tests
    rm -rf "$work/panics"
    "$work/site/bin/pip" install --quiet --no-index --no-deps --target "$work/panics" "$wheel"
    cp "$work/contents.new" "$work/panics/contents"
    wheel=$built
fi

# The other side of the tests: the emulator's command, and the list of cases.
if [ -z "${WECHAT_OAUTH_COMMAND:-}" ]; then
    cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --package wechat-oauth-cli
    export WECHAT_OAUTH_COMMAND="$CARGO_TARGET_DIR/debug/wechat-oauth"
fi
if [ -z "${WECHAT_OAUTH_CASES:-}" ]; then
    cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --package conformance --bin cases
    export WECHAT_OAUTH_CASES="$CARGO_TARGET_DIR/debug/cases"
fi

tools=$work/tools/bin
site=$work/site/bin
cd "$here"
"$tools/ruff" check --quiet --no-cache python tests examples stubs.py
"$tools/ruff" format --quiet --check --no-cache python tests examples stubs.py
"$site/python" stubs.py --check python/wechat_oauth/_native.pyi
# Whatever runs from here on runs where no source is in reach.
cd "$work"
"$tools/abi3audit" --strict --assume-minimum-abi3 3.9 "$wheel"
"$tools/mypy" --config-file "$here/pyproject.toml" --cache-dir "$work/mypy" --python-executable "$site/python" \
    --package wechat_oauth
"$tools/mypy" --config-file "$here/pyproject.toml" --cache-dir "$work/mypy" --python-executable "$site/python" \
    "$here/tests" "$here/examples"
"$tools/stubtest" --mypy-config-file "$here/pyproject.toml" wechat_oauth._native
"$tools/pyright" --project "$here/pyproject.toml" --pythonpath "$site/python"
PATH=$site:$PATH "$tools/pyright" --ignoreexternal --verifytypes wechat_oauth
WECHAT_OAUTH_PANICS=$work/panics "$site/pytest" --quiet --config-file "$here/pyproject.toml" "$here/tests"
