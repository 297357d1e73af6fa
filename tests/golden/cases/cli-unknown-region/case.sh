refused plan ue
refused plan uk
refused plan ../eu
refused plan EU
refused plan regions/eu.yaml
refused status fr
refused apply eu.plan
