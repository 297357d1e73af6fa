edit regions/eu.yaml -e 's/^title: Europe/title: "Europe/'
refused plan eu
say 'a tab'
printf 'region: tab\nservices:\n\tqueues: {}\n' >regions/tab.yaml
refused plan tab
say 'no text at all'
printf 'region: \377\376\n' >regions/bytes.yaml
refused plan bytes
say 'two documents'
printf 'region: two\n---\nregion: two\n' >regions/two.yaml
refused plan two
