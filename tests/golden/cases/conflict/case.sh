# A queue of the same name that another store built.
built apply us --yes
edit regions/eu.yaml -e 's#path: out/eu/queues#path: out/us/queues#'
landfall plan eu --target queue
landfall apply eu --yes --target queue
landfall status eu
landfall history eu -n 5
