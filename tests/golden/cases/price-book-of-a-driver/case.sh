# List prices come with a driver, in a book beside it; the project's own rates win over them.
mkdir plugins
cp "$plugins/database-local.so" plugins/
sed -e 's/^source:.*/source: a list of prices/' -e 's/"20.00"/"33.00"/' prices.yaml >plugins/database-local.prices.yaml
edit landfall.yaml -e 's/^price_books:.*/plugins: [plugins]/'
landfall plan eu --target database
say 'the project has rates of its own'
echo 'price_books: [prices.yaml]' >>landfall.yaml
landfall plan eu --target database
say 'a mistake in the book of a driver is told by its name'
edit plugins/database-local.prices.yaml -e 's/per: month/per: moon/'
refused plan eu --target database
