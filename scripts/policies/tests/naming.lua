test "words with dashes are fine" {
  plan = { steps = { ["dns.record.mail-imaps"] = {}, ["queue.queue.sms-1000"] = {}, ["human.dpa-signed"] = {} } },
}

test "other ways to join words are not" {
  plan = { steps = { ["dns.record.mail_imaps"] = {}, ["dns.record.mail--imaps"] = {}, ["dns.record.mail-"] = {} } },
  expect = {
    { rule = "names are words with dashes", address = "dns.record.mail_imaps" },
    { rule = "names are words with dashes", address = "dns.record.mail--imaps" },
    { rule = "names are words with dashes", address = "dns.record.mail-" },
  },
}
