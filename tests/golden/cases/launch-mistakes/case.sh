refused launch eu --on tomorrow
refused launch eu --on 2026-02-30
refused launch eu pilott
refused launch eu lanuch
refused launch eu --done human.dpa-singed
refused launch eu --without ''
refused launch eu --faster human.dpa-signed
refused launch eu --faster human.dpa-signed=0x
refused launch eu --faster human.dpa-signed=-2d
refused launch eu --faster human.dpa-signed=99999999999d
refused launch eu --faster =2x
refused launch nowhere
say 'in the region file'
edit regions/eu.yaml -e 's/^  target: .*/  target: 2026-13-01\n  milestones: { pilot: soon, launch: 2026-12-01, "two words": 2026-12-01 }/'
refused launch eu
