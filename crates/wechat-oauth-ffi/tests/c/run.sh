#!/bin/sh
# The tests of the C ABI: the header is fresh, the exports are the header's, what is installed can be used, and no abuse
# of it crashes, loses memory or touches what is not its own.
#
#     run.sh [BUILD [LIBRARIES]]
#
# BUILD is where it builds (WECHAT_OAUTH_WORK, or target/languages/c). LIBRARIES is the folder with the release build; it
# is made unless told. Needs a C and a C++ compiler, pkg-config and valgrind; CC, CXX and CBINDGEN name others.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
crate=$(CDPATH='' cd -- "$here/../.." && pwd)
repository=$(CDPATH='' cd -- "$crate/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
build=${1:-${WECHAT_OAUTH_WORK:-$target/languages/c}}
libraries=${2:-$target/release}
cc=${CC:-cc}
cxx=${CXX:-c++}
cargo=${CARGO:-cargo}
host=$(rustc -vV | sed -n 's/^host: //p')
warnings='-Wall -Wextra -Wpedantic -Werror'

mkdir -p "$build"
build=$(CDPATH='' cd -- "$build" && pwd)

# One version, so that the header does not depend on who made it.
CBINDGEN_VERSION=0.29.4

say() {
    echo "c: $*"
}

cd "$crate"
if [ $# -lt 2 ]; then
    "$cargo" build --quiet --locked --release --package wechat-oauth-ffi
fi

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
"$crate/install.sh" "$build/prefix" "$libraries"
"$crate/install.sh" "$build/static" "$libraries"
rm -f "$build/static/lib/libwechat_oauth_c.so"
installed() {
    PKG_CONFIG_PATH=$build/$1/lib/pkgconfig pkg-config $2 --cflags --libs wechat-oauth-c
}
strict="$cc -std=c99 -D_POSIX_C_SOURCE=200809L -g $warnings -I$here"
for program in walk abuse forget runner; do
    # Flags are many words, and folders are ours: without blanks.
    $strict "$here/$program.c" -pthread -o "$build/$program" $(installed prefix --shared)
done
$strict "$here/walk.c" -o "$build/walk-static" $(installed static --static)
$cxx -g $warnings "$here/link.cpp" -o "$build/link" $(installed prefix --shared)
export LD_LIBRARY_PATH="$build/prefix/lib"
for program in walk walk-static link abuse forget; do
    "$build/$program"
done
