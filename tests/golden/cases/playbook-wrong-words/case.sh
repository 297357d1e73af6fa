# Near misses: each says what to write.
while read -r line; do
  say "$line"
  printf 'local dns = landfall.use "dns"\n%s\n' "$line" | playbook
  refused check eu
done <<'END'
dns.zone { name = "x.example" }
dns.zone("apex", { name = "x.example" })
dns.zone.existing "apex" { name = "x.example" }
dns.zone.apex { name = "x.example" }
stage { "names" }
landfall.moved { from = "dns.zone.a" }
landfall.output { "a" }
landfall.region_output("eu", "zone")
landfall.region_output("us", "zone")
landfall.regoin = 5
landfall.region.place = "moon"
local place = landfall.region.plase.city
human "sign" { step = { owner = "legal" } }
check "login" { htp = { url = "https://x.example" } }
action "seed" { version = 1 }
action "seed" { run = function(ctx) end }
todo "x" { step = { guess = { days = "ten" } } }
error("the region has no hosts")
error({ code = 5 })
END
