printf 'plugin: [plugins]\nparallel: lots\n' >>landfall.yaml
refused plan eu
