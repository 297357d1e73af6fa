# A price is as good as its date: an old book still counts, and the plan says so; its digest does not change by the clock.
edit prices.yaml -e 's/^dated:.*/dated: 2025-11-01\nvalid_until: 2026-01-31/'
landfall plan eu -q
landfall plan eu --target database
say 'a book that prices nothing here may be as old as it likes'
landfall plan eu --target dns.record.api
