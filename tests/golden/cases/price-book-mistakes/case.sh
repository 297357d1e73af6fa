# A price is money: never a float; and a currency of another kind.
edit prices.yaml -e 's/"20.00"/20.00/' -e 's/per: month, price: "0.50"/per: moon, price: "0.50"/'
refused plan eu
say 'a price below zero would make the rest look cheap'
edit prices.yaml -e 's/price: 20.00/price: "-20.00"/' -e 's/per: moon/per: month/'
refused plan eu
say 'more money than can be counted'
edit prices.yaml -e 's/price: "-20.00"/price: "20.00"/' -e 's/per: month, price: "0.10"/per: month, price: "9000000000000.00"/'
refused plan eu
say 'no price book'
rm prices.yaml
refused plan eu
