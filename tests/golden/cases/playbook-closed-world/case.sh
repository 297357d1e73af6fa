# What a playbook might reach for to do something instead of declaring it.
for line in 'os.execute("touch written")' 'io.open("written", "w")' 'load("return 1")()' 'debug.getinfo(1)' 'collectgarbage()' \
  'setmetatable({}, {})' 'print("hello")' 'math.random()' 'string.dump(function() end)' 'rawget({}, 1)' 'next({})' 'coroutine.create(print)' \
  'dofile("x.lua")' 'package.loadlib("x", "y")'; do
  say "$line"
  echo "$line" | playbook
  refused check eu
done
