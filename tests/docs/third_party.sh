#!/usr/bin/env bash
# third_party.sh BUILD [CFLAGS]: installs BUILD into a folder, builds third_party/ against that folder alone (with pkg-config
# and with CMake), and lets the installed landfall work with the driver: plan, apply, a kill at many points, drift, a
# stranger's line, destroy.
set -euo pipefail
build=$(realpath "$1") flags=${2:-}
source=$(cd "$(dirname "$0")/third_party" && pwd)
# Not below /tmp: what others may write to is no place for plugins.
work=$(mktemp -d "$build/third_party.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$source" "$work/driver"
export NO_COLOR=1 LC_ALL=C.UTF-8
# A leak sanitizer traces, and so does strace; only one can.
export ASAN_OPTIONS=detect_leaks=0

fail() {
  echo "FAIL: $*" >&2
  exit 1
}
# What a command says is shown only when it exits otherwise than expected.
expect() {
  local wanted=$1 status=0
  shift
  { "$@" >"$work/said" 2>&1 || status=$?; } 2>/dev/null
  [ "$status" = "$wanted" ] && return 0
  cat "$work/said" >&2
  fail "$* exited with $status instead of $wanted"
}
same() {
  [ "$2" = "$3" ] || fail "$(printf '%s\n  seen:   %s\n  wanted: %s' "$1" "$2" "$3")"
}
says() {
  grep -q -- "$1" "$work/said" || { cat "$work/said" >&2 && fail "it does not say '$1'"; }
}

expect 0 cmake --install "$build" --prefix "$work/there"
# An install tree is not tied to where it was made.
mv "$work/there" "$work/installed"
installed=$work/installed
[ -s "$installed/share/man/man1/landfall.1" ] || fail "the manual page is not installed"
landfall() { "$installed/bin/landfall" -C "$work/project" "$@"; }

# project DRIVER: a fresh project with it, and a file in which people have lines of their own.
project() {
  rm -rf "$work/project"
  cp -r "$work/driver/project" "$work/project"
  mkdir -p "$work/project/plugins" "$work/project/out"
  cp "$1" "$work/project/plugins/"
  printf '127.0.0.1 localhost\n\n# printers\n10.0.0.9\tlaser paper' >"$work/project/out/hosts"
}
# The file, with what is different for every store in a word.
hosts() { sed -E 's/lf1\.[a-z2-7]{26}/MARKER/' "$work/project/out/hosts"; }
ours="192.0.2.12      admin.eu.acme.example # landfall MARKER hosts.entry.admin
192.0.2.11      api.eu.acme.example # landfall MARKER hosts.entry.api
192.0.2.10      app.eu.acme.example # landfall MARKER hosts.entry.app
192.0.2.13      media.eu.acme.example # landfall MARKER hosts.entry.media
2001:db8::14    search.eu.acme.example # landfall MARKER hosts.entry.search"
theirs=$(printf '127.0.0.1 localhost\n\n# printers\n10.0.0.9\tlaser paper')

echo "with CMake"
expect 0 cmake -S "$work/driver" -B "$work/driver/build" -DCMAKE_PREFIX_PATH="$installed" -DCMAKE_C_FLAGS="$flags" \
  -DCMAKE_INSTALL_PREFIX="$installed"
expect 0 cmake --build "$work/driver/build"
project "$work/driver/build/hosts-file.so"
expect 0 landfall apply eu --yes
same "built by the driver of CMake" "$(hosts)" "$theirs"$'\n'"$ours"
same "symbols it shows" "$(nm -D --defined-only "$work/driver/build/hosts-file.so" | awk '$2 == "T" { print $3 }')" lf_plugin_v1
# Installed beside landfall's own it needs no `plugins` line.
expect 0 cmake --install "$work/driver/build"
sed -i '/^plugins:/d' "$work/project/landfall.yaml"
expect 0 landfall plan eu --exit-code
rm "$installed/lib/landfall/plugins/hosts-file.so"
expect 1 landfall plan eu
says "no plugin 'hosts-file.so'"

echo "with pkg-config"
expect 0 env PKG_CONFIG_PATH="$installed/lib/pkgconfig" CFLAGS="-Wall -Wextra -Werror $flags" make -C "$work/driver"
driver=$work/driver/hosts-file.so
same "where drivers go" "$(realpath "$(PKG_CONFIG_PATH=$installed/lib/pkgconfig pkg-config --variable pluginsdir landfall)")" \
  "$installed/lib/landfall/plugins"
# The template, as installed, is a driver of its own, and C++ links against the kit.
pc() { PKG_CONFIG_PATH=$installed/lib/pkgconfig pkg-config "$@" landfall; }
# shellcheck disable=SC2046,SC2086
expect 0 cc -std=c11 -D_GNU_SOURCE -fPIC -shared -Wall -Wextra -Werror $flags $(pc --cflags) -o "$work/null-null.so" \
  "$installed/share/doc/landfall/null.c" $(pc --libs)
cat >"$work/user.cc" <<'CC'
#include <landfall/kit/kit.h>
#include <landfall/kit/kit_edit.h>
#include <landfall/kit/kit_plan.h>
extern "C" void use(struct kit *kit, const struct lf_host *host) { kit_init(kit, host); }
CC
# shellcheck disable=SC2046,SC2086
expect 0 c++ -std=c++17 -fPIC -shared -Wall -Wextra -Werror $flags $(pc --cflags) -o "$work/user.so" "$work/user.cc" $(pc --libs) \
  -Wl,--no-undefined

echo "one story"
project "$driver"
expect 0 landfall plugin list
says 'hosts-file 1.0.0'
expect 0 landfall describe hosts.entry
says "its IPv4 or IPv6 address"
expect 2 landfall plan eu --exit-code
says '5 to create'
same "after a plan" "$(hosts)" "$theirs"
expect 137 landfall apply eu --yes --crash-after 1
expect 0 landfall resume eu --yes
same "after crash and resume" "$(hosts)" "$theirs"$'\n'"$ours"
expect 0 landfall plan eu --exit-code

sed -i 's/^192.0.2.10 /192.0.2.99 /' "$work/project/out/hosts"
expect 2 landfall plan eu --exit-code
says '1 to change'
expect 0 landfall apply eu --yes
same "after drift was mended" "$(hosts)" "$theirs"$'\n'"$ours"

sed -i 's/api: .*/api: 192.0.2.111/; /media:/d' "$work/project/regions/eu.yaml"
expect 0 landfall apply eu --yes
same "after an update and a step taken out" "$(hosts)" \
  "$theirs"$'\n'"$(sed '/media/d; s/192.0.2.11 /192.0.2.111/' <<<"$ours")"

# A name people have is theirs until it is adopted; what is not an address is refused before anything is done.
printf '10.0.0.7 mail.eu.acme.example\n' >>"$work/project/out/hosts"
sed -i 's/^    admin:.*/&\n    mail: 10.0.0.8/' "$work/project/regions/eu.yaml"
expect 1 landfall apply eu --yes
same "the stranger's line" "$(grep mail "$work/project/out/hosts")" '10.0.0.7 mail.eu.acme.example'
expect 0 landfall adopt eu hosts.entry.mail --yes
same "the adopted line" "$(hosts | grep mail)" '10.0.0.8        mail.eu.acme.example # landfall MARKER hosts.entry.mail'
sed -i 's/mail: .*/mail: 10.0.0.800/' "$work/project/regions/eu.yaml"
expect 1 landfall plan eu
says "'10.0.0.800' is not an IP address"
sed -i '/mail:/d' "$work/project/regions/eu.yaml"
expect 0 landfall destroy eu --yes --yes-destroy-data
same "after destroy" "$(hosts)" "$theirs"

echo "killed at every write of an apply"
if ! strace -f -o /dev/null true 2>/dev/null; then
  [ -z "${CI:-}" ] || fail 'strace is not there, or may not trace here'
  echo 'without strace: left out'
  exit 0
fi
kills=0
for call in fsync,fdatasync rename,renameat,renameat2; do
  for n in $(seq 1 100); do
    project "$driver"
    { strace -f -qq -o /dev/null -e trace="$call" -e "inject=$call:signal=KILL:when=$n" \
      "$installed/bin/landfall" -C "$work/project" apply eu --yes >"$work/said" 2>&1 && break; } 2>/dev/null
    kills=$((kills + 1))
    expect 0 landfall apply eu --yes
    same "killed at $call $n, then applied" "$(hosts)" "$theirs"$'\n'"$ours"
    expect 0 landfall plan eu --exit-code
  done
done
[ "$kills" -ge 5 ] || fail "only $kills kills: the sweep does not see the writes"
echo "$kills kills, nothing lost, nothing doubled"
