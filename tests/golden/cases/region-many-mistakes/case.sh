# All of them at once: nobody wants to be told one a day.
edit regions/eu.yaml -e 's/^jurisdiction:/juristiction:/' -e 's/to: small/to: { times: many }/' -e 's/^  database: .*/  databas: { use: local }/'
refused check eu
refused check eu --json
