edit playbooks/main.lua -e 's/^for name in pairs\(region.services.queues\) do/for name in pairs(region.services.queues)/'
refused plan eu
