# Whoever may write to a plugin may run code as us.
mkdir plugins
cp "$plugins/null-null.so" plugins/
echo 'plugins: [plugins]' >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  null: { use: "null" }/'
chmod o+w plugins/null-null.so
refused plan eu
say 'a folder others may write to'
chmod o-w plugins/null-null.so
chmod o+w plugins
refused plan eu
say 'a folder that is not there'
edit landfall.yaml -e 's/plugins: \[plugins\]/plugins: [plug-ins]/'
refused plan eu
