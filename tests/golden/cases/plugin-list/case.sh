landfall plugin list
say 'one that is refused'
mkdir plugins
cp "$abi/bad-wrong-major.so" "$abi/bad-no-symbol.so" plugins/
echo 'not a library' >plugins/dns-text.so
echo 'plugins: [plugins]' >>landfall.yaml
landfall plugin list
landfall plugin list --json | sed 1d | sed '$d' | jq -r '.format'
