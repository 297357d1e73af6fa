#!/usr/bin/env bash
# rehearse_touches_nothing.sh LANDFALL BUILD: runs a rehearsal, with all its processes, under strace and fails when one of their
# system calls changes a file outside its throw-away folder, or makes a socket.  That the filter sees both is proved first.
# Without strace it is skipped (77), except in CI.
set -uo pipefail
binary=$(realpath "$1")
golden=$(cd "$(dirname "$0")" && pwd)
if ! strace -f -o /dev/null true 2>/dev/null; then
  echo 'strace is not there, or may not trace here: nothing was proved' >&2
  [ -n "${CI:-}" ] && exit 1
  exit 77
fi
work=$(mktemp -d "$(realpath "$2")/golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$golden/base" "$work/project"
mkdir "$work/tmp"
cd "$work/project" || exit 1
export LC_ALL=C.UTF-8 TMPDIR=$work/tmp
# A leak sanitizer traces too, and only one can.
export ASAN_OPTIONS=detect_leaks=0
cat >>playbooks/main.lua <<'END'
check "login" { http = { url = "https://app.eu.acme.example/healthz" }, step = { after = { "human.dpa-signed" } } }
END

opens=open,openat,openat2,creat
names=rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mkdir,mkdirat,rmdir,mknod,mknodat
facts=truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,setxattr,fsetxattr,removexattr
bytes=write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,splice,mmap,io_uring_setup,execve
sockets=socket,socketpair,connect,bind,sendto,sendmsg,sendmmsg
# -y names the file behind each descriptor.
trace() {
  strace -f -y -qq -o "$work/trace" -e "trace=$opens,$names,$facts,$bytes,$sockets" "$@" >"$work/out" 2>&1 </dev/null
}
# What reaches beyond the folder, one call a line.  Failed ones count too: that they failed is luck.
reaches() {
  sed -E 's/^[0-9]+ +//' "$work/trace" | awk -v tmp="$TMPDIR/" '
    NR == 1 && /^execve/ { next }
    /resumed>/ || /^[-+]/ { next }
    # A process was killed where its call began, before anything of it could be read: the kernel does not make that call.
    /^[?a-z0-9_]+\( <detached \.\.\.>$/ { next }
    /^(open|openat|openat2|creat)\(/ {
      if ((/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^creat/) && !/"\/dev\/(null|tty)"/ && !index($0, "\"" tmp)) print
      next
    }
    /^mmap\(/ { if (/PROT_WRITE/ && /MAP_SHARED/ && /<\// && !index($0, "<" tmp)) print; next }
    /^(write|writev|pwrite64|pwritev|pwritev2|sendfile|copy_file_range|splice|ftruncate|fallocate|fchmod|fchown|fsetxattr)\(/ {
      if (/^[a-z0-9]+\([0-9]+<socket:/) print
      if (!/^[a-z0-9]+\((1|2)</ && /^[a-z0-9]+\([0-9]+<\// && !/^[a-z0-9]+\([0-9]+<\/dev\/(null|tty|pts)/ && !index($0, "<" tmp)) print
      next
    }
    # Who makes sure that a folder is there asks for each of those above it, which changes nothing.
    /^mkdir\(/ { split($0, part, "\""); if (index(tmp, part[2] "/") == 1) next }
    # All else names what it changes: each name must lie in the folder.
    {
      if (!index($0, "\"" tmp)) print
    }'
}
failed=0
is_kept() {
  local what=$1
  shift
  trace "$binary" "$@"
  local code=$?
  [ "$code" = 0 ] || { echo "$what: exit $code:"; cat "$work/out"; failed=1; }
  grep -q '^[0-9]* *pwrite64([0-9]*<'"$TMPDIR" "$work/trace" || { echo "$what: no store was written at all"; failed=1; }
  [ "$(cut -d' ' -f1 "$work/trace" | sort -u | wc -l)" -gt 50 ] || { echo "$what: hardly a process was traced"; failed=1; }
  if [ -n "$(reaches)" ]; then
    echo "$what: a rehearsal reached beyond its folder:"
    reaches | head -20
    failed=1
  fi
  [ -z "$(ls -A "$TMPDIR")" ] || { echo "$what: it left something behind:"; find "$TMPDIR"; failed=1; }
  [ ! -e out ] && [ ! -e .landfall ] || { echo "$what: the project has files that it had not"; failed=1; }
}

is_kept 'a rehearsal' rehearse eu --rounds 3 --faults 20% --crashes 2
is_kept 'as JSON' rehearse eu --rounds 1 --json

# The same filter over what does reach out.
trace "$binary" apply eu --yes
reaches >"$work/reaches"
for call in rename openat mkdir pwrite64; do
  grep -q "^$call" "$work/reaches" || { echo "the filter is blind: it saw no $call in an apply"; failed=1; }
done
trace bash -c 'exec 3<>/dev/udp/127.0.0.1/9' || true
reaches | grep -q '^socket' || { echo 'the filter is blind: it saw no socket'; failed=1; }
exit "$failed"
