-- What a region says for itself: services.own, by jurisdiction. Nothing here may come from another region.
local own = {}

function own.of(region)
  local block = (region.services.own or {})[region.jurisdiction]
  if not block then
    error("regions/" .. region.region .. ".yaml says nothing of its own: add services.own." .. region.jurisdiction)
  end
  return block
end

-- The price of a product for an interval, in the region's currency.
function own.price(block, region, product, interval)
  local amount = (block.prices[product] or {})[interval]
  if not amount then
    error("no price in " .. region.currency .. ": add services.own." .. region.jurisdiction ..
          ".prices." .. product .. "." .. interval .. " to regions/" .. region.region .. ".yaml")
  end
  return amount
end

return own
