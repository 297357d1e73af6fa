# A must that is broken: everything is shown, nothing is applied, and the exit code says so.
refused plan eu
refused plan eu -q
refused apply eu --yes -q
refused --ascii plan eu -q
say 'as JSON'
"$binary" plan eu --json | sed -n '/"rules": {/,$p'
"$binary" apply eu --yes --json 2>&1 | head -8
say 'a plan file of it is not applied either'
landfall plan eu -o eu.plan -q
refused apply eu.plan --yes -q
say 'mended'
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 50/'
landfall plan eu -q
landfall apply eu --yes -q
say 'a rule that changes makes a plan file stale'
landfall plan eu -o eu.plan -q
edit policies/ours.lua -e 's/> 50/> 60/'
refused apply eu.plan --yes -q
say 'a rule that got stricter holds where nothing changes, too'
edit policies/ours.lua -e 's/> 60/> 40/'
refused apply eu --yes -q
refused resume eu
say 'what goes is not judged by it'
landfall destroy eu --yes --yes-destroy-data -q
