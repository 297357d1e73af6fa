built plan eu -o eu.plan --by ada
cp eu.plan whole.plan
say 'one character'
edit eu.plan -e '0,/192.0.2.10/s//192.0.2.90/'
refused apply eu.plan --yes
say 'cut off'
head -c 2000 whole.plan >eu.plan
refused apply eu.plan --yes
say 'empty'
: >eu.plan
refused apply eu.plan --yes
say 'something else'
cp landfall.yaml eu.plan
refused apply eu.plan --yes
say 'a folder'
rm eu.plan
mkdir eu.plan
refused apply eu.plan --yes
