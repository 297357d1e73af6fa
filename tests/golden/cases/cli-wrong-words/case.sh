landfall
refused pland eu
refused plan
refused plan eu us
refused plan eu --exit-cod
refused plan eu --dot
refused plan eu --target
refused plan eu --target=
refused plan eu --target dns.zone.apx
refused plan eu --replace Nonsense
refused plan eu -x
refused history eu -n many
refused history eu -n 0
refused apply eu --crash-after -1
refused completion fish
refused plugin lst
refused --color=sometimes plan eu
refused help pln
refused resume eu --target dns.zone.apex
refused -C missing plan eu
refused plan eu --json=yes
landfall -- plan eu -q
refused describe dsn
refused describe dns.recrod
refused show eu services.databases.mian --why
