#!/bin/sh
# Logs in with each example, and shows it what can go wrong.
#
#     run.sh [--all] PREFIX COMMAND WORK
#
# PREFIX is where install.sh put the library, COMMAND the program `wechat-oauth`, whose emulator is the WeChat of the
# examples, and WORK a folder to build in. An example runs where its compiler or interpreter is at hand; with --all, one
# that cannot run is a failure. Needs python3, and for the C example pkg-config and valgrind.
set -eu

all=0
if [ "${1:-}" = --all ]; then
    all=1
    shift
fi
[ $# -eq 3 ] || { echo "usage: run.sh [--all] PREFIX COMMAND WORK" >&2; exit 2; }
examples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=$(CDPATH='' cd -- "$1" && pwd)
command=$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd)/$(basename -- "$2")
mkdir -p "$3"
work=$(CDPATH='' cd -- "$3" && pwd)
cc=${CC:-cc}

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# The emulator is on this machine.
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost

# Limits, in seconds: cgo on a small machine for the first time, an example that waits for a slow answer, and under
# valgrind, and what takes no time.
build_limit=300
run_limit=60
valgrind_limit=120
start_limit=20

appid=wx0123456789abcdef
export WECHAT_APP_SECRET=0123456789abcdef0123456789abcdef

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

start_emulator() {
    cat > "$work/world.json" <<WORLD
{
  "accounts": [{"kind": "official_account", "appid": "$appid", "secret": "$WECHAT_APP_SECRET"}],
  "users": [{"id": "lily", "nickname": "Lily 莉莉"}]
}
WORLD
    : > "$work/announcement"
    "$command" emulator --world "$work/world.json" --auto-consent > "$work/announcement" &
    emulator=$!
    waited=0
    # Its first line is whole once it ends.
    until [ "$(wc -l < "$work/announcement")" -ge 1 ]; do
        if ! kill -0 "$emulator" 2>/dev/null || [ $waited -ge $((start_limit * 10)) ]; then
            echo "examples: the emulator did not say where it listens" >&2
            exit 1
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
    base_url=$(sed -n 's/.*"base_url":"\([^"]*\)".*/\1/p' "$work/announcement")
    openid=$(control users | sed -n 's/.*"openids":{"'$appid'":"\([^"]*\)".*/\1/p')
    [ -n "$openid" ] || { echo "examples: the emulator does not know Lily" >&2; exit 1; }
}

# control NAME [METHOD JSON]: asks the emulator's own API.
control() {
    python3 - "$base_url/_emulator/$1" "${2:-GET}" "${3:-}" <<'PYTHON'
import sys, urllib.request
url, method, body = sys.argv[1:]
request = urllib.request.Request(url, body.encode() or None, {"Content-Type": "application/json"}, method=method)
print(urllib.request.urlopen(request, timeout=10).read().decode())
PYTHON
}

# Nothing goes wrong any more.
behave() {
    control faults DELETE '{}' > "$work/faults"
}

# The next exchange goes wrong in this way.
misbehave() {
    behave
    control faults POST '{"name":"'"$1"'","endpoint":"exchange","next":1}' > "$work/faults"
}

# How often WeChat was asked to renew a token.
renewals() {
    control log | tr ',' '\n' | grep -c '/sns/oauth2/refresh_token' || true
}

# try NAME LIMIT PROGRAM...: runs an example, and keeps what it says.
try() {
    name=$1
    status=0
    shift
    limited "$@" "$base_url" "$appid" > "$work/$name.out" 2> "$work/$name.err" || status=$?
    if grep -q "$WECHAT_APP_SECRET" "$work/$name.out" "$work/$name.err"; then
        complain "$name" "it shows the app secret"
    fi
}

complain() {
    echo "examples: $1: $2" >&2
    sed 's/^/    /' "$work/$1.out" "$work/$1.err" >&2
    failures=$((failures + 1))
}

# signs_in NAME LIMIT PROGRAM...
signs_in() {
    try "$@"
    says "$openid" "$1"
}

# says WHO NAME: who came, and nothing else.
says() {
    echo "signed in: $1" > "$work/expected"
    if [ $status -ne 0 ] || ! cmp -s "$work/expected" "$work/$2.out" || [ -s "$work/$2.err" ]; then
        complain "$2" "it did not sign in $1 ($status)"
    fi
}

# Somebody who looks at a snapshot page has no account.
signs_nobody_in() {
    try "$@"
    says nobody "$1"
}

# fails EXPECTED NAME LIMIT PROGRAM...: the error says so, and the person has to begin again.
fails() {
    expected=$1
    shift
    try "$@"
    # json-c puts blanks between the fields.
    if [ $status -ne 1 ] || [ -s "$work/$1.out" ] || ! tr -d ' ' < "$work/$1.err" | grep -qF "$expected" ||
        ! grep -qx 'restart_authorization' "$work/$1.err"; then
        complain "$1" "it did not tell of $expected ($status)"
    fi
}

# behaves NAME LIMIT PROGRAM...: what every example does.
behaves() {
    behave
    signs_in "$@"
    misbehave wx-busy
    signs_in "$@"
    misbehave wx-code-invalid
    fails '"errcode":40029' "$@"
    misbehave wx-snapshot
    signs_nobody_in "$@"
    misbehave wx-lost-answer
    fails '"kind":"transport","reason":"other","phase":"request"' "$@"
    misbehave wx-truncated
    fails '"kind":"transport","reason":"other","phase":"request"' "$@"
    misbehave wx-slow
    fails '"kind":"transport","reason":"timeout","phase":"request"' "$@"
    misbehave wx-huge
    fails '"kind":"malformed","status":200,"line":null,"column":null,"reason":"too_large"' "$@"
    misbehave wx-redirect-away
    fails '"kind":"malformed","status":302' "$@"
    passed "$1"
}

# passed NAME: unless something failed since it was told last.
passed() {
    [ $failures -ne $told ] || echo "examples: $1"
    told=$failures
}

# A login fits on a page.
fits() {
    lines=$(wc -l < "$1")
    widest=$(python3 - "$1" <<'PYTHON'
import sys
with open(sys.argv[1], encoding="utf-8") as file:
    print(max(len(line.rstrip("\n").expandtabs(4)) for line in file))
PYTHON
)
    if [ "$lines" -ge 80 ] || [ "$widest" -gt 120 ]; then
        echo "examples: $1 has $lines lines of up to $widest characters, which is more than 79 of 120" >&2
        failures=$((failures + 1))
    fi
}

# skip NAME WHAT: for want of something.
skip() {
    echo "examples: $1 is left out: there is no $2"
    failures=$((failures + all))
    told=$failures
}

has() {
    command -v "$1" > /dev/null 2>&1
}

run_c() {
    for library in wechat-oauth-c libcurl json-c; do
        pkg-config --exists "$library" || { skip C "$library (pkg-config)"; return; }
    done
    # Flags are many words.
    limited $build_limit $cc -std=c99 -D_POSIX_C_SOURCE=200809L -g -Wall -Wextra -Wpedantic -Werror -o "$work/login" \
        "$examples/c/login.c" $(pkg-config --cflags --libs wechat-oauth-c libcurl json-c)
    behaves C $run_limit "$work/login"
    has valgrind || { skip "C under valgrind" valgrind; return; }
    # After an error the program ends, and leaves to the system what it still holds: that is no leak.
    checked="valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible"
    signs_in C-valgrind $valgrind_limit $checked --show-leak-kinds=definite,indirect,possible "$work/login"
    misbehave wx-code-invalid
    fails '"errcode":40029' C-valgrind $valgrind_limit $checked "$work/login"
    passed "C under valgrind"
}

run_php() {
    php -r "exit(extension_loaded('FFI') ? 0 : 1);" || { skip PHP "FFI in it"; return; }
    behaves PHP $run_limit php "$examples/php/login.php" "$prefix"
    visit_site
}

# A browser goes to the PHP site, before and after somebody refused it a code.
visit_site() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PREFIX="$prefix" ORIGIN="http://localhost:$port" WECHAT_APPID=$appid WECHAT_BASE_URL="$base_url"
    php -d ffi.enable=true -S "localhost:$port" "$examples/php/site.php" > "$work/PHP-site.log" 2>&1 &
    site=$!
    misbehave wx-code-invalid
    renewals=$(renewals)
    limited $run_limit python3 "$examples/visit.py" "$ORIGIN" 'Lily 莉莉' > "$work/PHP-site.out" 2> "$work/PHP-site.err" ||
        complain PHP-site "Lily could not sign in"
    if [ "$(renewals)" -ne $((renewals + 1)) ]; then
        complain PHP-site "it did not renew Lily's token, once"
    fi
    if grep -q "$WECHAT_APP_SECRET" "$work/PHP-site.log" || ! grep -q '"errcode":40029' "$work/PHP-site.log"; then
        complain PHP-site "its log shows too much, or too little: $work/PHP-site.log"
    fi
    kill "$site"
    wait "$site" 2> /dev/null || true
    site=
    for without in '-u WECHAT_BASE_URL' WECHAT_BASE_URL=; do leads_to_wechat $without; done
    passed "a PHP site"
}

# leads_to_wechat ENV...: without a base URL, the login of the PHP site is one at WeChat itself. No request goes there.
leads_to_wechat() {
    env "$@" php -d ffi.enable=true -S "localhost:$port" "$examples/php/site.php" > "$work/PHP-site.log" 2>&1 &
    site=$!
    limited $run_limit python3 - "$ORIGIN" > "$work/PHP-site.out" 2> "$work/PHP-site.err" <<'PYTHON' ||
import http.client, sys, time
while True:
    site = http.client.HTTPConnection(sys.argv[1].split("//")[1], timeout=10)
    try:
        site.request("GET", "/login")
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
answer = site.getresponse()
location = answer.getheader("Location") or ""
if not location.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?"):
    sys.exit(f"{answer.status} to {location}")
PYTHON
        complain PHP-site "with $*, its login does not lead to WeChat"
    kill "$site"
    wait "$site" 2> /dev/null || true
    site=
}

run_go() {
    [ -z "$(gofmt -l "$examples/go")" ] || { echo "examples: gofmt the Go example" >&2; exit 1; }
    (
        cd "$examples/go"
        export GOPROXY=off GOCACHE="$work/go-cache"
        limited $build_limit go vet .
        limited $build_limit go build -o "$work/login-go" .
    )
    # The strictest check of what Go hands to C.
    GODEBUG=cgocheck=2
    export GODEBUG
    behaves Go $run_limit "$work/login-go"
}

emulator=
site=
failures=0
told=0
# Two numbers, or one, or none.
trap 'kill $emulator $site 2>/dev/null || true' EXIT
trap 'exit 1' HUP INT TERM
for login in c/login.c php/login.php go/main.go; do fits "$examples/$login"; done
start_emulator
if has "$cc" && has pkg-config; then run_c; else skip C "$cc or no pkg-config"; fi
if has php; then run_php; else skip PHP php; fi
if has go; then run_go; else skip Go go; fi
if [ $failures -ne 0 ]; then
    echo "examples: $failures failed" >&2
    exit 1
fi
