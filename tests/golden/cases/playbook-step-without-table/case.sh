more <<'END'
dns.zone "second"
END
refused plan eu
say 'two of them, one of another kind'
more <<'END'
human "sign"
END
refused plan eu
