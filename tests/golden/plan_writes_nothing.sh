#!/usr/bin/env bash
# plan_writes_nothing.sh LANDFALL BUILD: runs plans under strace and fails when one of their system calls changes a file - any
# file, not only of the project.  That the filter sees a change at all is proved first, on an apply.
# Without strace it is skipped (77), except in CI.
set -uo pipefail
binary=$(realpath "$1") abi=$(realpath -m "$2/tests/abi/plugins")
golden=$(cd "$(dirname "$0")" && pwd)
if ! strace -f -o /dev/null true 2>/dev/null; then
  echo 'strace is not there, or may not trace here: nothing was proved' >&2
  [ -n "${CI:-}" ] && exit 1
  exit 77
fi
work=$(mktemp -d "$(realpath "$2")/golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$golden/base" "$work/project"
cd "$work/project" || exit 1
export LC_ALL=C.UTF-8
# A leak sanitizer traces too, and only one can.
export ASAN_OPTIONS=detect_leaks=0

opens=open,openat,openat2,creat
names=rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mkdir,mkdirat,rmdir,mknod,mknodat
facts=truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,setxattr,fsetxattr,removexattr
bytes=write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,splice,mmap,io_uring_setup,execve
# -y names the file behind each descriptor.
trace() {
  strace -f -y -qq -o "$work/trace" -e "trace=$opens,$names,$facts,$bytes" "$@" >"$work/out" 2>&1 </dev/null
}
# The calls that change a file, one a line.  Failed ones count too: that they failed is luck.
changes() {
  sed -E 's/^[0-9]+ +//' "$work/trace" | awk -v owner="$(id -u), $(id -g)" '
    NR == 1 && /^execve/ { next }
    /resumed>/ || /^[-+]/ { next }
    /^(open|openat|openat2|creat)\(/ {
      if (/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^creat/ && !/"\/dev\/(null|tty)"/) print
      next
    }
    # Run by root, SQLite gives a journal that a crash left the owner of its database: the one it has already.
    $0 ~ "^fchown\\([0-9]+<[^>]*-journal>, " owner "(\\)| <unfinished)" { next }
    /^mmap\(/ { if (/PROT_WRITE/ && /MAP_SHARED/ && /<\//) print; next }
    # Descriptors of files begin with a slash; pipes, sockets, eventfds and terminals do not matter here.
    /^(write|writev|pwrite64|pwritev|pwritev2|sendfile|copy_file_range|splice|ftruncate|fallocate|fchmod|fchown|fsetxattr)\(/ {
      if (!/^[a-z0-9]+\((1|2)</ && /^[a-z0-9]+\([0-9]+<\// && !/^[a-z0-9]+\([0-9]+<\/dev\/(null|tty|pts)/) print
      next
    }
    { print }'
}
failed=0
plan_is_silent() {
  local what=$1
  shift
  trace "$binary" "$@"
  local code=$?
  [ -s "$work/trace" ] || { echo "$what: nothing was traced"; failed=1; }
  if [[ " $want " != *" $code "* ]]; then
    echo "$what: exit $code instead of $want:"
    cat "$work/out"
    failed=1
  fi
  if [ -n "$(changes)" ]; then
    echo "$what: a plan changed files:"
    changes
    failed=1
  fi
}

want=0
plan_is_silent 'on an empty store' plan eu
plan_is_silent 'as JSON' plan eu --json
plan_is_silent 'a check' check eu

trace "$binary" apply eu --yes
changes >"$work/changes"
for call in rename openat mkdir pwrite64; do
  grep -q "^$call" "$work/changes" || { echo "the filter is blind: it saw no $call in an apply"; failed=1; }
done

plan_is_silent 'on a built region' plan eu
plan_is_silent 'of a destruction' plan eu --destroy
plan_is_silent 'of a refresh' plan eu --refresh-only
plan_is_silent 'a status' status eu
sed -i 's/192.0.2.10/192.0.2.11/' playbooks/main.lua
sed -i 's/storage_gb: 100/storage_gb: 120/' regions/eu.yaml
want=2
plan_is_silent 'with something to do' plan eu --exit-code
want=0
{ "$binary" apply eu --yes --crash-after 1 >/dev/null 2>&1; } 2>/dev/null
# Where the crash left a transaction to be rolled back, a plan says so and leaves that to the resume.
[ -z "$(find out -name '*-journal')" ] || want='0 1'
plan_is_silent 'after a crash' plan eu

# A driver that writes when it is asked to look: the gate refuses it, and the plan fails.
echo "plugins: [$abi]" >>landfall.yaml
sed -i 's/^drivers:/drivers:\n  bad: { use: writes-files }/' regions/eu.yaml
cat >playbooks/main.lua <<'END'
local bad = landfall.use "bad"
bad.thing:existing "looked-up" { name = "looked-up" }
END
want=1
plan_is_silent 'with a driver that writes' plan eu
[ ! -e bad.thing.looked-up ] || { echo 'the driver wrote its file'; failed=1; }
exit "$failed"
