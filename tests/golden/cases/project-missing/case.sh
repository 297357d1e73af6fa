rm landfall.yaml
refused plan eu
