"$binary" apply eu --yes --json >"$work/run.json"
echo "[exit $?]"
jq -S 'del(.. | .took_ms?)' "$work/run.json"
