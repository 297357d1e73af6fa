local queue = landfall.use "queue"
local orders = queue.queue "orders" { name = "orders" }
action "greet" {
  version = 1,
  inputs = { queue = orders.id },
  run = function(ctx)
    ctx:call("send", queue.send, { queue = ctx.inputs.queue, body = "hello" })
  end,
}
