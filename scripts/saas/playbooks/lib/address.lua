-- Internal addresses: two numbers for the region, one for the app, one for each of its machines.
local address = {}

-- ("10.30", { subnet = 11, replicas = 2 }) -> { "10.30.11.1", "10.30.11.2" }
function address.of_app(network, app)
  local list = {}
  for machine = 1, app.replicas do
    list[machine] = network .. "." .. app.subnet .. "." .. machine
  end
  return list
end

return address
