edit regions/eu.yaml -e 's/^currency: EUR/currency: EURO/' -e 's#^timezone: .*#timezone: Europe/Dublinn#' -e 's/target: 2026-12-15/target: 15.12.2026/'
refused plan eu
