# project.sh LANDFALL ROOT FOLDER: the example, built for good, with reports: new.html and new.json before the first apply,
# built.html after it.
set -euo pipefail
landfall=$1 root=$2 folder=$3
rm -rf "$folder"
cp -r "$root/scripts/saas" "$folder"
rm -rf "$folder/out" "$folder/.landfall"
mkdir -p "$folder/out/shared"
cp -r "$folder/live/dns" "$folder/out/shared/dns"
cd "$folder"
"$landfall" report eu -q -o new.html
"$landfall" report eu -q -o new.json
code=0
"$landfall" apply eu --yes -q >apply.log || code=$?
[ "$code" = 3 ] || { cat apply.log >&2; exit 1; } # a person is waited for
"$landfall" report eu -q -o built.html
