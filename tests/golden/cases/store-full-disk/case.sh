# No file may grow beyond a size: what a full disk or a quota does, and needs no disk of its own.
full() {
  printf -- '--- no file beyond %d KiB\n' "$1"
  (
    trap '' XFSZ
    ulimit -f "$1"
    landfall apply eu --yes -q
  )
}
full 24
full 100
say 'with room again nothing is lost and nothing is made twice'
built resume eu --yes
landfall plan eu -q
