{ cat regions/us.yaml; for i in $(seq 1 30000); do echo "# 0123456789012345678901234567890123456789"; done; } >regions/big.yaml
refused plan big
