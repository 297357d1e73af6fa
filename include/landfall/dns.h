/* landfall/dns.h - the contract of the subsystem "dns", version 1.
 *
 * A driver lists these schemas in its resources and honors every attribute, or refuses it by name while
 * planning.  Every type has an `id` besides (the service's own name for the object).
 *
 * Names.  `dns.zone.name` is absolute; `dns.record.name` is relative to its zone, "@" for the apex; host
 * names inside values are absolute.  A final dot is always optional.  Upper and lower case are the same.
 *
 * Values of a record, by type:
 *   A, AAAA    an address
 *   CNAME, NS  a host name
 *   MX         "10 mail.example.net"
 *   SRV        "priority weight port host"; the record's name begins with "_service._proto"
 *   CAA        "0 issue letsencrypt.org"
 *   DS         "key-tag algorithm digest-type digest", of a signed zone below; its name is the delegation's
 *   TXT        the text itself, of any length; where it begins with a quote it is read as quoted strings
 * A driver may offer further types.
 */
#ifndef LF_DNS_H
#define LF_DNS_H

#include <landfall/plugin.h>

#define LF_DNS_VERSION 1u

#if defined(__GNUC__)
#define LF_DNS_DATA __attribute__((unused)) static const
#else
#define LF_DNS_DATA static const
#endif

LF_DNS_DATA struct lf_attr lf_dns_zone_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY,
     "the zone's name: \"eu.acme.example\"", NULL, NULL, 0, 1},
    {"nameservers", LF_KIND_LIST, LF_ATTR_COMPUTED | LF_ATTR_UNORDERED,
     "host names of the servers that answer for the zone; what a delegation points to", NULL, NULL,
     LF_KIND_TEXT, 1},
    {"email", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the mail address of those responsible for the zone", NULL,
     NULL, 0, 1},
    {"ttl", LF_KIND_INT, 0, "time to live of the zone's own records and of records that say none, in seconds",
     NULL, "3600", 0, 1},
    {"ds", LF_KIND_LIST, LF_ATTR_COMPUTED | LF_ATTR_UNORDERED,
     "what the parent zone publishes of the keys of a signed zone: values of a record of type DS; empty "
     "where "
     "the zone is not signed",
     NULL, NULL, LF_KIND_TEXT, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_DNS_DATA struct lf_schema lf_dns_zone = LF_SCHEMA(1, lf_dns_zone_attrs);

LF_DNS_DATA struct lf_attr lf_dns_record_attrs[] = {
    {"zone", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY, "the id of the zone it belongs to",
     NULL, NULL, 0, 1},
    {"type", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY,
     "A, AAAA, CNAME, MX, TXT, SRV, CAA, NS or DS", NULL, NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY,
     "the name relative to the zone; \"@\" is the zone itself", NULL, NULL, 0, 1},
    {"values", LF_KIND_LIST, LF_ATTR_REQUIRED | LF_ATTR_UNORDERED,
     "all values of this name and type, at least one, as in a zone file; of a TXT the bare text", NULL, NULL,
     LF_KIND_TEXT, 1},
    {"ttl", LF_KIND_INT, LF_ATTR_COMPUTED, "time to live in seconds; the zone's where it says none", NULL,
     NULL, 0, 1},
    {"fqdn", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the whole name, without a final dot: \"api.eu.acme.example\"",
     NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_DNS_DATA struct lf_schema lf_dns_record = LF_SCHEMA(1, lf_dns_record_attrs);

#endif
