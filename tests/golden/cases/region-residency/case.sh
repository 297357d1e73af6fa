# Customer data may live in two places; the region's own is not among them.
edit regions/eu.yaml -e 's/\[eu-west-1, eu-central-1\]/[eu-north-1]/'
refused plan eu
