# A plan file says all: what else is asked for is a mistake, not ignored.
built plan eu -o eu.plan
refused apply eu.plan --yes --target dns.zone.apex
refused apply eu.plan --yes --replace dns.zone.apex
refused apply eu.plan --yes --refresh-only
say 'no place to write it'
refused plan eu -o missing/eu.plan
