landfall --help
for command in init check show describe plan apply resume status output diff residency history graph report resolve adopt destroy done plugin completion version help; do
  landfall "$command" --help
done
