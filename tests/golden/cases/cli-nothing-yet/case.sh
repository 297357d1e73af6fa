# Before the first apply there is nothing to tell, and that is no mistake.
landfall status eu
landfall output eu
landfall history eu
landfall history eu dns.zone.apex
landfall resume eu --yes
landfall destroy eu --yes -q
refused output eu app_url
refused resolve eu dns.zone.apex --retry
