edit regions/eu.yaml -e 's/services\.databases\.\*\.replicas/services.databases.*.replica/'
refused plan eu
