# Rules are listed with their places, and their tests run as tests do.
edit landfall.yaml -e '$apolicies: [deletion-protection]'
landfall policy list
landfall policy test
landfall policy test -q
say 'the rule loses its teeth'
edit policies/names.lua -e 's/~= name:lower/== name:lower/'
refused policy test -q
"$binary" policy test --json | sed -n '1,20p'
say 'a slip in a test is no test'
edit policies/tests/names.lua -e 's/names are small/names are smal/'
refused policy test
edit policies/tests/names.lua -e 's/names are smal"/names are small"/' -e 's/desired =/desird =/'
refused policy test
say 'a rule without tests'
rm policies/tests/names.lua
landfall policy test -q
refused policy
refused policy lst
"$binary" policy list --json
