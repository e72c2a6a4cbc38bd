#!/bin/sh
# Builds the wheel, installs it where nothing else is, and tests it from there.
#
#   check.sh [WORK [TARGET]]
#
# WORK is the folder of the environments and the wheels (or WECHAT_OAUTH_WORK), TARGET cargo's (or CARGO_TARGET_DIR).
# What has not changed since the last time is not made again.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
work=${1:-${WECHAT_OAUTH_WORK:-$root/target/languages/python}}
CARGO_TARGET_DIR=${2:-${CARGO_TARGET_DIR:-$root/target}}
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

# environment NAME: the virtual environment $work/NAME, with what requirements/NAME.txt lists.
environment() {
    if ! cmp -s "$here/requirements/$1.txt" "$work/$1/requirements.txt"; then
        rm -rf "${work:?}/$1"
        python3 -m venv "$work/$1"
        "$work/$1/bin/pip" install --quiet --only-binary :all: --requirement "$here/requirements/$1.txt"
        cp "$here/requirements/$1.txt" "$work/$1/requirements.txt"
    fi
}

# wheel FOLDER [ARGUMENT...]: the wheel, alone in a folder; its path goes into $wheel.
wheel() {
    folder=$work/$1
    shift
    rm -rf "$folder"
    "$work/tools/bin/maturin" build --quiet --release --locked --manifest-path "$here/Cargo.toml" \
        --out "$folder" "$@"
    wheel=$(echo "$folder"/*.whl)
}

# install NAME: the wheel, and nothing else, in an environment, unless it is there already.
install() {
    if ! cmp -s "$wheel" "$work/$1/installed.whl"; then
        "$work/$1/bin/pip" install --quiet --no-index --no-deps --force-reinstall "$wheel"
        cp "$wheel" "$work/$1/installed.whl"
    fi
}

environment tools
environment site

wheel wheel-that-panics --features panic-for-tests
if ! cmp -s "$wheel" "$work/panics/installed.whl"; then
    rm -rf "$work/panics"
    "$work/tools/bin/pip" install --quiet --no-index --no-deps --target "$work/panics" "$wheel"
    cp "$wheel" "$work/panics/installed.whl"
fi
wheel wheel
install tools
install site

# Whatever runs from here on runs where no source is in reach.
cd "$work"
tools=$work/tools/bin
site=$work/site/bin
"$tools/abi3audit" --strict --assume-minimum-abi3 3.9 "$wheel"
"$tools/ruff" check --quiet --no-cache --config "$here/pyproject.toml" "$here/python" "$here/tests"
"$tools/ruff" format --quiet --check --no-cache --config "$here/pyproject.toml" "$here/python" "$here/tests"
"$tools/mypy" --config-file "$here/pyproject.toml" --cache-dir "$work/mypy" --python-executable "$site/python" \
    --package wechat_oauth
"$tools/mypy" --config-file "$here/pyproject.toml" --cache-dir "$work/mypy" --python-executable "$site/python" \
    "$here/tests"
"$tools/stubtest" --mypy-config-file "$here/pyproject.toml" wechat_oauth
"$tools/pyright" --project "$here/pyproject.toml" --pythonpath "$site/python"
"$tools/pyright" --pythonpath "$site/python" --ignoreexternal --verifytypes wechat_oauth
WECHAT_OAUTH_PANICS=$work/panics "$site/pytest" --quiet --config-file "$here/pyproject.toml" "$here/tests"
