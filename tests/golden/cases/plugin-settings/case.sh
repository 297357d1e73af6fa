edit regions/eu.yaml -e 's#path: out/eu/dns#paht: out/eu/dns#' -e 's#path: out/eu/queues#path: 5#'
refused plan eu
