edit regions/eu.yaml -e 's/dns: \{ use: local/dns: { use: locla/'
refused plan eu
say 'a subsystem without any driver'
edit regions/eu.yaml -e 's/dns: \{ use: locla/dns: { use: local/' -e 's/^  queue: .*/  queu: { use: local }/'
refused plan eu
