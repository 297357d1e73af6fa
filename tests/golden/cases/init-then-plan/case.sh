cd "$work" || exit 1
landfall init fresh
cd fresh || exit 1
find . -type f | LC_ALL=C sort
landfall plan eu
say 'in a folder that has a project'
refused init
say 'in a folder that has something else'
mkdir "$work/else" && cd "$work/else" || exit 1
echo mine >landfall.yaml
refused init
cat landfall.yaml
say 'in a folder without a name'
mkdir "$work/nameless" && cd "$work/nameless" || exit 1
refused init ''
