#!/bin/sh
# The tests of the C ABI: the header is fresh, the exports are the header's, what is installed can be used, and no abuse
# of it crashes, loses memory or touches what is not its own.
#
#     run.sh [install]
#
# With `install` it ends once the library is installed and the runner of the vectors is built: $WECHAT_OAUTH_WORK/prefix
# and $WECHAT_OAUTH_WORK/runner. Needs a C and a C++ compiler and pkg-config, and valgrind for the tests; CC, CXX and
# CBINDGEN name others. It builds in CARGO_TARGET_DIR, or target, and in WECHAT_OAUTH_WORK, or its languages/c. The names
# of these folders must not have blanks: the flags of pkg-config could not be told apart.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
crate=$(CDPATH='' cd -- "$here/../.." && pwd)
repository=$(CDPATH='' cd -- "$crate/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
mkdir -p "$target"
target=$(CDPATH='' cd -- "$target" && pwd)
export CARGO_TARGET_DIR="$target"
build=${WECHAT_OAUTH_WORK:-$target/languages/c}
libraries=$target/release
cc=${CC:-cc}
cxx=${CXX:-c++}
cargo=${CARGO:-cargo}
host=$(rustc -vV | sed -n 's/^host: //p')
warnings='-Wall -Wextra -Wpedantic -Werror'

mkdir -p "$build"
build=$(CDPATH='' cd -- "$build" && pwd)

# Printing one allocates megabytes, which Rust keeps.
export RUST_BACKTRACE=0

# One version, so that the header does not depend on who made it.
CBINDGEN_VERSION=0.29.4

say() {
    echo "c: $*"
}

cd "$crate"
"$cargo" build --quiet --locked --release --package wechat-oauth-ffi

say "it can be installed"
"$crate/install.sh" "$build/prefix" "$libraries"
"$crate/install.sh" "$build/static" "$libraries"
rm -f "$build/static/lib/libwechat_oauth_c.so"
installed() {
    PKG_CONFIG_PATH=$build/$1/lib/pkgconfig pkg-config $2 --cflags --libs wechat-oauth-c
}
strict="$cc -std=c99 -D_POSIX_C_SOURCE=200809L -g $warnings -I$here"
# The runner is started by others: it finds its library in itself.
$strict -O2 "$here/runner.c" -o "$build/runner" $(installed static --static)
[ "${1:-}" != install ] || exit 0

say "the header is what its source makes, and C99 and C++ take it"
cbindgen=${CBINDGEN:-$target/tools/cbindgen-$CBINDGEN_VERSION/bin/cbindgen}
if [ ! -x "$cbindgen" ]; then
    CARGO_TARGET_DIR=$target/tools/build CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        "$cargo" install --quiet --locked --root "${cbindgen%/bin/cbindgen}" "cbindgen@$CBINDGEN_VERSION"
fi
if ! "$cbindgen" --quiet --verify --config cbindgen.toml --output include/wechat_oauth.h src/exports.rs; then
    echo "make it again: cbindgen --config cbindgen.toml --output include/wechat_oauth.h src/exports.rs" >&2
    exit 1
fi
$cc -std=c99 $warnings -fsyntax-only -x c include/wechat_oauth.h
$cxx $warnings -fsyntax-only -x c++ include/wechat_oauth.h

say "the library exports what the header declares, and nothing else"
sed -e '1,/#define WECHAT_OAUTH_H/d' -e '/^ *\/\?\*/d' include/wechat_oauth.h | grep -o 'wxo_[a-z_]*(' | tr -d '(' |
    sort > "$build/declared"
nm -D --defined-only "$libraries/libwechat_oauth_c.so" | sed 's/.* //' | sort > "$build/exported"
diff "$build/declared" "$build/exported"

say "what is installed can be found, linked and called"
for program in walk abuse forget random; do
    $strict "$here/$program.c" -pthread -o "$build/$program" $(installed prefix --shared)
done
$cxx -g $warnings "$here/link.cpp" -o "$build/link" $(installed prefix --shared)
$strict "$here/walk.c" -o "$build/walk-static" $(installed static --static)
for program in walk abuse forget random link; do
    LD_LIBRARY_PATH=$build/prefix/lib "$build/$program"
done
"$build/walk-static"

say "nothing secret is left in memory"
$strict "$here/wiped.c" -o "$build/wiped" $(installed prefix --shared)
LD_LIBRARY_PATH=$build/prefix/lib "$build/wiped" 2> "$build/wiped.log" || { cat "$build/wiped.log" >&2; exit 1; }

say "it can be installed into a folder with an odd name, and not where pkg-config could not name it"
odd="$build/odd/p q|r&s't;u"
rm -rf "$build/odd"
"$crate/install.sh" "$odd" "$libraries"
eval "$strict -fsyntax-only $(PKG_CONFIG_PATH=$odd/lib/pkgconfig pkg-config --cflags wechat-oauth-c) '$here/forget.c'"
mkdir -p "$build/odd/here"
(cd "$build/odd/here" && DESTDIR=$build/odd/stage "$crate/install.sh" "/usr" "$libraries" &&
    "$crate/install.sh" there "$libraries")
[ "$(PKG_CONFIG_PATH=$build/odd/here/there/lib/pkgconfig pkg-config --variable=prefix wechat-oauth-c)" = \
    "$build/odd/here/there" ]
grep -qx 'prefix=/usr' "$build/odd/stage/usr/lib/pkgconfig/wechat-oauth-c.pc"
for prefix in 'a"b' 'a\b' 'a$b' 'a#b'; do
    if "$crate/install.sh" "$build/odd/$prefix" "$libraries" 2> /dev/null || [ -e "$build/odd/$prefix" ]; then
        echo "it was installed into $prefix" >&2
        exit 1
    fi
done
if "$crate/install.sh" "$build/odd/nothing" "$build/odd" 2> /dev/null || [ -e "$build/odd/nothing" ]; then
    echo "nothing was installed" >&2
    exit 1
fi

say "the runner answers a question"
question='{"do":"browser_kind","in":{"user_agent":"\u004dicroMessenger/8.0"}}'
answer=$(printf '%s\n{"do":"explain","in":{"code":-2}}\n' "$question" | "$build/runner" | tr '\n' ' ')
if [ "$answer" != '{"browser":"wechat"} null ' ]; then
    echo "it answered: $answer" >&2
    exit 1
fi

say "a panic inside stays inside"
"$cargo" build --quiet --locked --package wechat-oauth-ffi --features panic-for-tests --target-dir "$build/cargo"
$strict -I"$crate/include" "$here/panic.c" "$build/cargo/debug/libwechat_oauth_c.a" -o "$build/panic" \
    $(PKG_CONFIG_PATH=$build/static/lib/pkgconfig pkg-config --static --libs-only-l wechat-oauth-c |
        sed 's/-lwechat_oauth_c//')
"$build/panic" 2> "$build/panic.log"
grep -q 'canary in a panic' "$build/panic.log"

say "valgrind finds no fault, and nothing that is lost"
for program in walk abuse random; do
    LD_LIBRARY_PATH=$build/prefix/lib valgrind --quiet --error-exitcode=9 --leak-check=full \
        --show-leak-kinds=all --errors-for-leak-kinds=all --suppressions="$here/tables.supp" \
        "$build/$program" 2> "$build/$program.valgrind" || { cat "$build/$program.valgrind" >&2; exit 1; }
done
# What was forgotten is all within reach; so is what Rust keeps after a panic.
for program in forget panic; do
    LD_LIBRARY_PATH=$build/prefix/lib valgrind --quiet --error-exitcode=9 --leak-check=full \
        --errors-for-leak-kinds=definite,indirect,possible \
        "$build/$program" 2> "$build/$program.valgrind" || { cat "$build/$program.valgrind" >&2; exit 1; }
done

say "the sanitizers of the C side find no fault"
for program in walk abuse forget random; do
    $strict -fsanitize=address,undefined -fno-sanitize-recover=all "$here/$program.c" -pthread \
        -o "$build/$program-c" $(installed prefix --shared)
    LD_LIBRARY_PATH=$build/prefix/lib "$build/$program-c"
done

say "the address sanitizer of both sides finds no fault"
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address "$cargo" build --quiet --locked --package wechat-oauth-ffi \
    --features panic-for-tests --target "$host" --target-dir "$build/sanitized"
# Both sides under one runtime, which is Rust's: a C compiler that links its own would bring a second one.
runtime=$(echo "$(rustc --print sysroot)/lib/rustlib/$host/lib"/librustc*_rt.asan.a)
for program in walk abuse forget random panic overrun; do
    $strict -fsanitize=address -I"$crate/include" -c "$here/$program.c" -o "$build/$program.o"
    $cc "$build/$program.o" "$build/sanitized/$host/debug/libwechat_oauth_c.a" \
        -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive \
        -pthread -ldl -lm -lrt -lresolv -lgcc_s -o "$build/$program-both"
done
for program in walk abuse forget random panic; do
    "$build/$program-both" 2> "$build/$program.sanitized" || { cat "$build/$program.sanitized" >&2; exit 1; }
done
# It does watch the library: a length that is a lie is found there.
if "$build/overrun-both" 2> "$build/overrun.sanitized" || ! grep -q heap-buffer-overflow "$build/overrun.sanitized"; then
    echo "the sanitizer missed a read behind the end of a text" >&2
    exit 1
fi

say "ok"
