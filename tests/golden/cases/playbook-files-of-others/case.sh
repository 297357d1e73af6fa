# Only files of the project, and not what lies above it.
while read -r line; do
  say "$line"
  echo "$line" | playbook
  refused check eu
done <<'END'
require "../secret"
require "lib.missing"
landfall.read_text "/etc/passwd"
landfall.read_text "../../etc/passwd"
landfall.read_text "missing.sql"
landfall.read_csv "playbooks/main.lua"
END
say 'through a symbolic link'
ln -s /etc/passwd innocent.txt
echo 'landfall.read_text "innocent.txt"' | playbook
refused check eu
