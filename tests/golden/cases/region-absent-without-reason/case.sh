edit regions/eu.yaml -e '/the importer was replaced/d' -e '/owner: data-platform/d'
refused plan eu
