region eu <<'END'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  exec: { use: exec, env: { PATH: "/usr/bin:/bin" }, ready: [[sh, -c, "exit 0"]] }
END
mkdir out
cat >tool <<'END'
#!/bin/sh
# tool make|probe|undo NAME: each run is a line of out/log; `slow` begins, and ends only when the file `go` is there.
echo "$LANDFALL_VERB $1 $2" >>out/log
case $1 in
make)
  touch out/began
  for _ in $(seq 400); do [ "$2" != slow ] || [ -e go ] || sleep 0.05; done
  echo made >"out/$2"
  ;;
probe) [ -e "out/$2" ] || exit 4; echo "{\"file\":\"out/$2\"}" ;;
undo) rm "out/$2" ;;
esac
END
chmod +x tool
playbook <<'END'
local exec = landfall.use "exec"
local function made(name)
  return exec.command(name) {
    argv = { "./tool", "make", name },
    probe = { argv = { "./tool", "probe", name }, absent = { 4 } },
    undo = { "./tool", "undo", name },
    has_outputs = true,
  }
end
local first = made "first"
exec.command "second" {
  argv = { "sh", "-c", "cat >out/second" }, input = first.outputs.file, keep = true, idempotent = true,
}
END
landfall plan eu
landfall apply eu --yes
cat out/log out/second
landfall plan eu --exit-code
say 'what went away is made again'
rm out/first
landfall plan eu
built apply eu --yes
say 'what fails, and what nobody can tell about'
echo 'parallel: 1' >>landfall.yaml # one after the other: which of three ends first is nobody's promise
more <<'END'
exec.command "fails" { argv = { "sh", "-c", "echo disk full >&2; exit 3" }, keep = true }
exec.command "missing" { argv = { "no-such-program" }, keep = true }
exec.command "killed" { argv = { "sh", "-c", "kill -9 $$" }, keep = true }
END
landfall apply eu --yes
built resolve eu exec.command.killed --forget --why 'it did nothing'
say 'killed while its command runs: nobody takes the region over before that has ended, and it runs once'
edit playbooks/main.lua '/fails|missing|killed/d'
more <<<'made "slow"'
rm -f out/began out/log
{ "$binary" apply eu --yes >/dev/null 2>&1 & pid=$!; } 2>/dev/null
for _ in $(seq 200); do [ -e out/began ] && break; sleep 0.05; done
{ kill -9 "$pid"; wait "$pid"; } 2>/dev/null
landfall resume eu --yes
touch go
for _ in $(seq 200); do flock -n .landfall/eu.db.lock true && break; sleep 0.05; done
landfall resume eu --yes
grep -c 'make slow' out/log
say 'and undone'
landfall destroy eu --yes
ls out
say 'wrong words'
playbook <<'END'
local exec = landfall.use "exec"
exec.command "a" { argv = { "make all" }, probe = { argv = { "x" } }, env = { ["1x"] = "y" }, timeout_s = 0 }
END
refused plan eu
edit regions/eu.yaml 's/exit 0/echo not today; exit 9/'
playbook <<'END'
landfall.use "exec".command "a" { argv = { "true" }, keep = true }
END
refused plan eu
