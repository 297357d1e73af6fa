# What stands in the way and is no step: rules that are broken, waivers, differences that nobody gave a reason for.
edit regions/eu.yaml -e 's/^timezone:.*/&\ndiffers:\n  - what: services.databases.main.storage_gb\n    why: the pilot tenants bring it\n    owner: data-platform/'
landfall launch eu --on 2026-11-26 | sed -n '4,5p; /^Not known/,$p'
say 'bent'
mkdir waivers
cat >waivers/big.yaml <<'END'
rule: databases are small
steps: [database.database.main]
owner: data-platform
reason: the pilot tenants bring 80 GB along
expires: 2099-12-31
told: [finance]
END
landfall launch eu --on 2026-11-26 | sed -n '4,5p; /^rule/,$p'
"$binary" launch eu --on 2026-11-26 --json | jq -c '.besides[] | {kind, subject, blocks}'
say 'seen from a day when it has ended'
landfall launch eu --on 2100-01-01 | grep waiver
"$binary" launch eu --on 2100-01-01 --color always | grep -c $'\e\[[0-9;]*31m.*the waiver has ended'
"$binary" launch eu --on 2026-11-26 --color always | grep -c $'\e\[[0-9;]*31m.*is bent'
"$binary" launch eu --on 2100-01-01 --json | jq -c '.besides[] | select(.kind == "waiver") | {subject, ended}'
say 'seen from a day that is past'
"$binary" launch eu --on 2020-01-01 | tail -n 1 | sed 's/^Seen/It says: seen/'
"$binary" launch eu --on 2020-01-01 --json 2>&1 >/dev/null | sed 's/^Seen/It says: seen/'
"$binary" launch eu --on 2100-01-01 | grep -c 'which is past'
"$binary" launch eu --on 2020-01-01 --quiet | grep -c 'which is past'
say 'a difference that nobody gave a reason for'
edit regions/eu.yaml -e '/^differs:/,/owner: data-platform/d'
landfall launch eu --on 2026-11-26 | grep parity
say 'a region that it cannot be compared with'
more <<'END'
if region.region == "us" then error("never for the reference") end
END
landfall launch eu --on 2026-11-26 | grep parity
