# Bend the rule, tell everyone.
waiver() { mkdir -p waivers && cat >"waivers/$1.yaml"; }
open() {
  waiver big <<'END'
rule: databases are small
steps: [database.database.main]
owner: data-platform
reason: the pilot tenants bring 80 GB along
expires: 2099-12-31
told: [finance, security]
END
}
refused plan eu -q
say 'with a waiver it goes on, and every plan and status says so'
open
landfall plan eu -q
landfall plan eu | sed -n '/^Rules/,$p'
landfall apply eu --yes -q
sqlite3 .landfall/eu.db "select kind, json_remove(entry, '$.run') from audit where kind = 'waiver.used'" 2>&1
landfall status eu -q
landfall status eu
"$binary" status eu --json | sed -n '/"waivers"/,$p'
say 'it ended'
edit waivers/big.yaml -e 's/2099-12-31/2020-02-29/'
refused plan eu
refused apply eu --yes -q
landfall status eu -q
say 'no owner, no end, nobody told'
open
edit waivers/big.yaml -e '/owner/d' -e '/expires/d' -e 's/\[finance, security\]/[]/'
refused plan eu
landfall check eu
say 'no such rule'
open
edit waivers/big.yaml -e 's/are small/are smal/'
refused plan eu
landfall check eu
say 'a must is not bent'
open
edit waivers/big.yaml -e 's/rule: .*/rule: everything is free/'
refused plan eu
say 'it bends nothing'
open
edit waivers/big.yaml -e 's/main\]/search]/'
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 50/'
landfall plan eu
say 'of a region there is not, with patterns that are none'
open
edit waivers/big.yaml -e 's/\[database.database.main\]/[Database, a..b]/' -e '$aregions: [eu, mars]'
refused plan eu
say 'a slip'
open
edit waivers/big.yaml -e 's/expires/expiers/' -e 's/reason: .*/reason: ""/'
refused plan eu
say 'a waiver without any rule'
open
rm policies/ours.lua
refused plan eu
say 'a broken waiver keeps nobody from the status'
edit waivers/big.yaml -e '/owner/d'
landfall status eu -q
