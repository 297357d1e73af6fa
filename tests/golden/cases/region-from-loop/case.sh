edit regions/us.yaml -e 's/^place:/from: eu\nplace:/'
refused plan eu
