#!/bin/sh
# Puts the header, the shared and the static library, and the pkg-config file under PREFIX.
#
#     install.sh PREFIX [LIBRARIES]
#
# LIBRARIES is the folder that `cargo build --release --package wechat-oauth-ffi` left them in: target/release unless
# told. DESTDIR is put before every folder that is written to, as packagers expect.
set -eu

[ $# -ge 1 ] || { echo "usage: install.sh PREFIX [LIBRARIES]" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case $1 in
    /*) prefix=$1 ;;
    *) prefix=$PWD/$1 ;;
esac
libraries=${2:-${CARGO_TARGET_DIR:-$here/../../target}/release}
root=${DESTDIR:-}$prefix
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../../Cargo.toml" | head -n 1)
# What the static library needs of the system, as rustc tells with --print native-static-libs.
case $(uname -s) in
    Linux) private='-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc' ;;
    Darwin) private='-framework Security -liconv -lSystem -lc -lm' ;;
    *) private='-lpthread -lm -lc' ;;
esac

case $prefix in
    *['"\$#']* | *"
"*)
        echo "pkg-config cannot name $prefix: choose a folder without quotation mark, backslash, \$, # and line break" >&2
        exit 2
        ;;
esac
found=0
for library in libwechat_oauth_c.so libwechat_oauth_c.dylib libwechat_oauth_c.a; do
    [ ! -f "$libraries/$library" ] || found=$((found + 1))
done
if [ "$found" -lt 2 ]; then
    echo "$libraries lacks the libraries: cargo build --release --package wechat-oauth-ffi" >&2
    exit 1
fi

mkdir -p "$root/include" "$root/lib/pkgconfig"
cp "$here/include/wechat_oauth.h" "$root/include/"
for library in libwechat_oauth_c.so libwechat_oauth_c.dylib libwechat_oauth_c.a; do
    if [ -f "$libraries/$library" ]; then
        # In the place of the old one, not into it: a program may have it open.
        rm -f "$root/lib/$library"
        cp "$libraries/$library" "$root/lib/"
    fi
done
# Three characters are special where sed puts a text.
escaped=$(printf '%s\n' "$prefix" | sed 's/[|&\\]/\\&/g')
sed -e "s|@prefix@|$escaped|" -e "s|@version@|$version|" -e "s|@private@|$private|" \
    "$here/wechat-oauth-c.pc.in" > "$root/lib/pkgconfig/wechat-oauth-c.pc"
