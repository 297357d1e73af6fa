edit regions/eu.yaml -e 's/^from: us/from: uss/'
refused plan eu
