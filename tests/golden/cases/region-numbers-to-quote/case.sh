# What other readers of YAML would quietly make something else of.
edit regions/us.yaml -e 's/storage_gb: 400/storage_gb: 0400/' -e 's/max_receives: 5/max_receives: 5e0/'
refused plan us
say 'yes, no, on and off are texts'
edit regions/us.yaml -e 's/storage_gb: 0400/storage_gb: yes/' -e 's/max_receives: 5e0/max_receives: 5/'
refused plan us
