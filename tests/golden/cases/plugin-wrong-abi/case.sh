# Plugins that cannot be used: each is refused by a sentence before any of its code runs.
echo "plugins: [$abi]" >>landfall.yaml
for name in wrong-major next-major no-struct-size no-symbol undefined-symbol null-plugin null-resources other-name refuses-open; do
  edit regions/eu.yaml -e '/^  bad:/d' -e "s/^drivers:/drivers:\n  bad: { use: $name }/"
  refused plan eu
done
