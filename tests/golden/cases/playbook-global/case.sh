more <<'END'
www = "www"
END
refused plan eu
say 'one that is misspelled'
edit playbooks/main.lua -e '$d'
more <<'END'
landfall.output { url = "https://" .. regoin.domain }
END
refused plan eu
