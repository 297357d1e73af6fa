# Nine levels of nine: 387 million values, had aliases a meaning.
{
  echo 'services:'
  echo '  a: &a [x, x, x, x, x, x, x, x, x]'
  previous=a
  for name in b c d e f g h i; do
    echo "  $name: &$name [*$previous, *$previous, *$previous, *$previous, *$previous, *$previous, *$previous, *$previous, *$previous]"
    previous=$name
  done
} >bomb
edit regions/us.yaml -e '/^services:/,$d'
cat bomb >>regions/us.yaml
refused plan eu
