# 100 000 opening brackets.
printf 'services: %s\n' "$(head -c 100000 /dev/zero | tr '\0' '[')" >regions/deep.yaml
refused plan deep
