# kill -9 in the middle, then go on.  One step at a time, so that it is the same middle every time.
echo 'parallel: 1' >>landfall.yaml
landfall apply eu --yes -q --crash-after 3
landfall status eu
landfall plan eu -q
landfall resume eu --yes
landfall plan eu -q
