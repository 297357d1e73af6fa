more <<'END'
todo "whatsapp" { step = { owner = "sales" } }
END
refused plan eu
