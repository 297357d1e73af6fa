landfall plan eu -o eu.plan
landfall apply eu.plan --yes
refused apply eu.plan --yes
