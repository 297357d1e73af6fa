#!/usr/bin/env bash
# readme.sh LANDFALL ROOT: what README.md shows is what happens.  Its dry run is taken from a plan of the example, its commands for a
# project of one's own work as written, and its table of packages is that of scripts/setup.
set -euo pipefail
landfall=$(realpath "$1") root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1 LC_ALL=C.UTF-8
failed=0
fail() {
  echo "FAIL: $*" >&2
  failed=1
}
section() { sed -n "/^## $1\$/,/^## /p" "$root/README.md"; }

# The digest changes with every edit of the example.
cp -r "$root/scripts/saas" "$work/saas"
rm -rf "$work/saas/out" "$work/saas/.landfall"
mkdir -p "$work/saas/out/shared"
cp -r "$work/saas/live/dns" "$work/saas/out/shared/dns"
# Columns move with what else is shown.
as_compared() { sed -E 's/^Plan [0-9a-f]{12} /Plan DIGEST /; s/ +/ /g'; }
(cd "$work/saas" && "$landfall" plan eu -o out/eu.plan) | as_compared >"$work/plan"
section 'A dry run' | sed -n '/^```$/,/^```$/p' | grep -v -e '^```$' -e '^\.\.\.$' -e '^\$ ' | as_compared >"$work/shown"
[ "$(wc -l <"$work/shown")" -ge 15 ] || fail "the dry run was not found"
while IFS= read -r line; do
  grep -qxF -- "$line" "$work/plan" || fail "the plan of the example has no such line: $line"
done <"$work/shown"
said=$(section 'A dry run' | grep -o 'the [0-9]* lines')
[ "$said" = "the $(wc -l <"$work/plan") lines" ] || fail "the plan has $(wc -l <"$work/plan") lines, not '$said'"

# Nobody is there to be asked.
mkdir "$work/bin"
cat >"$work/bin/landfall" <<END
#!/bin/sh
case \$1 in
apply | destroy) exec '$landfall' "\$@" --yes --yes-destroy-data ;;
*) exec '$landfall' "\$@" ;;
esac
END
chmod +x "$work/bin/landfall"
section 'A project of your own' | sed -n 's/^    //p' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 5 ] || fail "the commands were not found"
(cd "$work" && PATH="$work/bin:$PATH" bash -e commands) >"$work/said" 2>&1 ||
  { cat "$work/said" >&2 && fail "the commands for a project of one's own"; }

sed -n 's/^  need \([^ ]*\) .*/\1/p' "$root/scripts/setup" | sort >"$work/installed"
section 'Libraries and tools' | sed -n 's/^| \([^|]*\) |.*/\1/p' | grep -v -e '^---' -e '^Debian package' | sed 's/, /\n/g' | sort >"$work/listed"
diff "$work/installed" "$work/listed" >"$work/differences" ||
  { cat "$work/differences" >&2 && fail "packages: < scripts/setup, > README.md"; }
exit $failed
