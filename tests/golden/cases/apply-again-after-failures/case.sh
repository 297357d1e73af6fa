# What fails for a reason outside may be tried again in every way and as often as it takes, and nothing is locked out.
playbook <<'END'
local dns = landfall.use("dns")
dns.zone "apex" { name = landfall.region.domain }
END
mkdir -p out
: >out/eu
landfall apply eu --yes -q
landfall resume eu
landfall apply eu --yes -q
landfall apply eu --yes -q
landfall resume eu
say 'mended'
rm out/eu
landfall apply eu --yes -q
landfall apply eu -q
