# Something left out on purpose that was never there, and a reason that is missing.
edit regions/eu.yaml -e 's/services\.queues\.legacy/services.queues.legcy/'
refused plan eu
