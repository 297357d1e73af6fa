#include "cli/init_files.h"

#include "base/attr.h"

/* A project that plans and applies at once on drivers that need no server, small enough to be read before
 * anything is typed, and with one example of each thing a region is made of. */

static const char project[] =
    "# How this project is built.  Every key is optional.\n"
    "store: .landfall                    # what landfall remembers, one file per region; not for git\n"
    "playbook: playbooks/main.lua        # which steps a region is built of\n"
    "# key: !secret env:LANDFALL_STORE_KEY   # seals secrets that drivers make\n"
    "# plugins: [plugins]                    # further folders with drivers\n"
    "# pools:\n"
    "#   dns-local: { width: 8, rate: 4.5, burst: 10 }   # in flight, starts per second, starts at once\n";

static const char ignored[] = "# Stores belong to the machine that builds, not to the history.\n"
                              ".landfall/\n"
                              "*.plan\n";

static const char us[] = "# The region that is copied from: a service that runs already.\n"
                         "region: us\n"
                         "title: United States\n"
                         "jurisdiction: US\n"
                         "place: us-east-1\n"
                         "domain: us.acme.example\n"
                         "currency: USD\n"
                         "timezone: America/New_York\n"
                         "\n"
                         "# Yours to shape: the playbook reads it as landfall.region.services.\n"
                         "services:\n"
                         "  hosts:\n"
                         "    app: { address: 192.0.2.10 }\n"
                         "    api: { address: 192.0.2.11 }\n"
                         "  databases:\n"
                         "    main: { storage_gb: 800, replicas: 4 }\n"
                         "  queues:\n"
                         "    orders: { max_receives: 5 }\n"
                         "    legacy-import: { max_receives: 3 }\n"
                         "\n"
                         "# Which driver serves which subsystem.  `landfall describe` lists what there is.\n"
                         "drivers:\n"
                         "  dns: { use: local, path: out/us/dns }\n"
                         "  database: { use: local, path: out/us/databases }\n"
                         "  queue: { use: local, path: out/us/queues }\n";

static const char eu[] = "# A new region: a copy of us, and what differs.\n"
                         "region: eu\n"
                         "title: Europe\n"
                         "jurisdiction: EU\n"
                         "from: us                            # copies `services`, nothing else\n"
                         "place: eu-west-1\n"
                         "domain: eu.acme.example\n"
                         "currency: EUR\n"
                         "timezone: Europe/Dublin\n"
                         "\n"
                         "shrink:                             # * stands for one name\n"
                         "  - match: services.databases.*.replicas\n"
                         "    to: { times: 0.25, at_least: 1 }\n"
                         "    why: 3 % of the traffic at launch\n"
                         "    grow_back: replica lag above 5 s for a day\n"
                         "\n"
                         "absent:                             # left out on purpose, and still visible\n"
                         "  - what: services.queues.legacy-import\n"
                         "    why: the importer was replaced\n"
                         "    owner: data-platform\n"
                         "\n"
                         "differs:                            # on purpose; launch waits for the rest\n"
                         "  - what: services.hosts            # and all below it\n"
                         "    why: the region answers at addresses of its own\n"
                         "    owner: platform\n"
                         "  - what: services.databases.main.storage_gb\n"
                         "    why: it begins without the tenants of us\n"
                         "    owner: data-platform\n"
                         "\n"
                         "services:                           # what is written here wins\n"
                         "  hosts:\n"
                         "    app: { address: 198.51.100.10 }\n"
                         "    api: { address: 198.51.100.11 }\n"
                         "  databases:\n"
                         "    main: { storage_gb: 100 }\n"
                         "\n"
                         "drivers:\n"
                         "  dns: { use: local, path: out/eu/dns }\n"
                         "  database: { use: local, path: out/eu/databases }\n"
                         "  queue: { use: local, path: out/eu/queues }\n";

static const char playbook[] =
    "-- The steps of a build, the same for every region.  A playbook declares; landfall does.\n"
    "local region = landfall.region\n"
    "local dns, database, queue = landfall.use(\"dns\", \"database\", \"queue\")\n"
    "\n"
    "stage \"names\"\n"
    "local zone = dns.zone \"apex\" { name = region.domain }\n"
    "for name, host in pairs(region.services.hosts) do           -- pairs is sorted here\n"
    "  dns.record(name) { zone = zone.id, type = \"A\", name = name, values = { host.address } }\n"
    "end\n"
    "\n"
    "stage \"data\"\n"
    "for name, spec in pairs(region.services.databases) do\n"
    "  local db = database.database(name) {\n"
    "    name = name, storage_gb = spec.storage_gb, replicas = spec.replicas,\n"
    "    step = { holds = { \"customer\" } },\n"
    "  }\n"
    "  -- db.host is known only when the database is there: landfall waits for it.\n"
    "  dns.record(\"db-\" .. name) { zone = zone.id, type = \"TXT\", name = name .. \".db\", values = { "
    "\"host=\" .. db.host } }\n"
    "end\n"
    "\n"
    "stage \"queues\"\n"
    "for name, spec in pairs(region.services.queues) do\n"
    "  local dead = queue.queue(name .. \"-dead\") { name = name .. \"-dead\" }\n"
    "  queue.queue(name) { name = name, dead_letter = dead.id, max_receives = spec.max_receives }\n"
    "end\n"
    "\n"
    "landfall.output { app_url = \"https://app.\" .. region.domain, nameservers = zone.nameservers }\n";

static const struct init_file files[] = {
    {"landfall.yaml", project}, {".gitignore", ignored},          {"regions/us.yaml", us},
    {"regions/eu.yaml", eu},    {"playbooks/main.lua", playbook},
};

const struct init_file *init_files_list(size_t *count)
{
    *count = COUNT_OF(files);
    return files;
}
