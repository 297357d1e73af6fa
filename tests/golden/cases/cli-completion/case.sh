# What is printed is a script its shell can read.
landfall completion bash
"$binary" completion bash | bash -n || fail 'bash cannot read it'
landfall completion zsh
