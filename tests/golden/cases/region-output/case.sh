cat >>playbooks/main.lua <<'END'
if region.region == "eu" then
  dns.record "parent" { zone = zone.id, type = "TXT", name = "parent", values = { landfall.region_output("us", "zone") } }
end
END
say 'before the other region is built'
refused plan eu
built apply us --yes
landfall plan eu --target dns.record.parent
say 'an output it does not have'
edit playbooks/main.lua -e 's/region_output\("us", "zone"\)/region_output("us", "zon")/'
refused plan eu
say 'a region there is none of'
edit playbooks/main.lua -e 's/region_output\("us", "zon"\)/region_output("uss", "zone")/'
refused plan eu
