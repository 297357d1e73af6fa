landfall --help
for command in init check show describe plan apply resume status output diff history graph report resolve adopt destroy done plugin completion version help; do
for command in init check show describe plan apply resume status output diff residency history graph resolve adopt destroy done plugin completion version help; do
  landfall "$command" --help
done
