# A price is money: never a float; and a currency of another kind.
edit prices.yaml -e 's/"20.00"/20.00/' -e 's/per: month, price: "0.50"/per: moon, price: "0.50"/'
refused plan eu
say 'no price book'
rm prices.yaml
refused plan eu
