landfall version
landfall --version
landfall version --json
