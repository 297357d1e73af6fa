# Prices in another currency: not estimated without rates, converted with them, and an error where one is missing.
edit prices.yaml -e 's/^currency: EUR/currency: USD/'
landfall plan eu --target database
say 'rates that are fixed, dated and sourced'
echo 'rates: { dated: 2026-11-01, source: "ECB, reference rates", USD: "0.9215" }' >>regions/eu.yaml
landfall plan eu --target database
say 'rates that miss the one that counts'
edit regions/eu.yaml -e 's/USD: "0.9215"/GBP: "1.1432"/'
refused plan eu
say 'rates that are none'
edit regions/eu.yaml -e 's/GBP: "1.1432"/USD: 0.9215, GBP: "-1", EUR: 1, EURO: 1, dates: x/'
refused check eu
