edit regions/eu.yaml -e 's/^domain: .*/domain: [eu.acme.example]/' -e 's/^budget:.*/budget: plenty/' -e 's/^  can_follow:.*/  can_follow: todo.whatsapp/'
refused plan eu
