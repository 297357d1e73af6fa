edit regions/eu.yaml 's/can_follow: .*/can_follow: [todo.whatsapp, todo.whatsap, human.nobody-of-that-name]/'
landfall check eu
landfall check eu --json | sed -e 1d -e '$d' | jq -c '.diagnostics[] | [.severity, .code, .at // .where]'
edit regions/eu.yaml 's/, todo.whatsap, human.nobody-of-that-name//'
landfall check eu
