-- The texts that tell other mail servers which mail is ours: SPF, DKIM and DMARC.
local mail = {}

-- Only the mail edge sends for us.
function mail.spf(edge)
  local text = "v=spf1"
  for _, ip in ipairs(edge.ipv4) do text = text .. " ip4:" .. ip end
  for _, ip in ipairs(edge.ipv6) do text = text .. " ip6:" .. ip end
  return text .. " -all"
end

function mail.dkim(key)
  return "v=DKIM1; k=ed25519; p=" .. key
end

-- Mail that fails both is refused, and somebody hears of it.
function mail.dmarc(contact)
  return "v=DMARC1; p=reject; rua=mailto:" .. contact
end

return mail
