# A key nobody knows, at the top and in a rule: each with its place and what was meant.
edit regions/eu.yaml -e 's/^place:/plase:/' -e 's/grow_back:/growback:/'
refused plan eu
