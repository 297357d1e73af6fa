# The shortest loop is named, not all that hangs on it.
more <<'END'
todo "a" { step = { after = { "todo.c" } } }
todo "b" { step = { after = { "todo.a" } } }
todo "c" { step = { after = { "todo.b", "todo.d" } } }
todo "d" { step = { after = { "todo.c" } } }
todo "self" { step = { after = { "todo.self" } } }
END
refused plan eu
